"""MLflow as tracker and model registry; import the modules directly, mlflow itself is imported only when used."""
