"""Small SVG pictures: drawn by hand, coloured by role, readable without scripts."""
