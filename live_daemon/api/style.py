"""How the operator's page looks and refreshes itself: two strings, served inside the page (specification 13.4)."""

from __future__ import annotations

__all__ = ["SCRIPT", "STYLE"]

STYLE = """
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b2430;--dim:#5d6b7a;--line:#e2e6eb;--good:#0a7d4b;
--bad:#b3261e;--warn:#8a5a00;--bar:#3b6fd4;--dry:#5b6673;--paper:#2456b3;--live:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#12161c;--card:#1a2029;--ink:#e6ebf1;--dim:#94a3b5;--line:#2a333f;
--good:#4cc38a;--bad:#ff8a80;--warn:#f2c14e;--bar:#7aa2f7;--dry:#3f4a57;--paper:#1f4690;--live:#8f1f18}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,sans-serif}
header,.page{max-width:1180px;margin:0 auto;padding:10px 14px}a{color:var(--bar)}
.banner{color:#fff}.dry{background:var(--dry)}.paper{background:var(--paper)}.live{background:var(--live)}
header{display:flex;flex-wrap:wrap;gap:4px 18px;align-items:center}h1{font-size:17px;margin:0;letter-spacing:.02em}
header .right{margin-left:auto}.page{display:grid;gap:12px;grid-template-columns:minmax(0,1fr)}
.stack{display:grid;gap:12px;align-content:start;grid-template-columns:minmax(0,1fr)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;overflow-x:auto}
h2{font-size:13px;margin:0 0 8px;color:var(--dim);font-weight:600}
.figures{display:flex;flex-wrap:wrap;gap:8px 32px}.figures div{min-width:92px}.figures b{display:block;font-size:22px;
font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums}.dim,.figures span{color:var(--dim);font-size:13px}
.badge{padding:1px 10px;border-radius:99px;font-weight:650;color:#fff;background:#5b6673;border:1px solid #ffffff66}
.TRADING{background:#0a7d4b}.HALTED,.KILLED{background:#b3261e}.STALE,.DEGRADED{background:#8a5a00}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{color:var(--dim);
font-weight:500;font-size:13px}th:first-child,td:first-child{text-align:left;padding-left:0}tr:last-child td{border:0}
th:last-child,td:last-child{padding-right:0}.words td{white-space:normal;text-align:left;vertical-align:top}
.words th{text-align:left}
.words td:nth-child(-n+2){white-space:nowrap}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.meter{height:6px;border-radius:3px;background:var(--line);margin-top:3px;min-width:80px}
.meter i{display:block;height:100%;border-radius:3px;background:var(--bar)}.meter .near{background:var(--warn)}
.meter .over{background:var(--bad)}ol{list-style:none;display:flex;flex-wrap:wrap;gap:6px;margin:8px 0;padding:0}
ol li{border:1px solid var(--line);border-radius:8px;padding:3px 10px;font-size:13px;color:var(--dim)}
ol b{color:var(--ink);font-size:15px;margin-right:4px;font-variant-numeric:tabular-nums}
ul{margin:4px 0;padding-left:18px}
@media(min-width:860px){.page{grid-template-columns:minmax(0,7fr) minmax(0,5fr)}.all{grid-column:1/-1}}
@media(max-width:480px){th,td{padding:4px 5px}.spare{display:none}header .right{margin-left:0}}
"""

SCRIPT = """
async function turn(){try{const r=await fetch(location.href,{cache:'no-store'});if(r.ok){const d=new DOMParser()
.parseFromString(await r.text(),'text/html'),open=[...document.querySelectorAll('details')].map(e=>e.open);
document.querySelector('main').replaceWith(d.querySelector('main'));document.title=d.title;
document.querySelectorAll('details').forEach((e,i)=>{e.open=!!open[i]})}}
catch(e){document.title='QTS: no answer';const s=document.querySelector('#pace');if(s)s.textContent='no answer from '
+'the daemon; this is the last picture of it'}}setInterval(turn,2000)
"""
