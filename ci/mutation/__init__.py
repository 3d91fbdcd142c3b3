"""Changes the templates in one place at a time, and finds the changes that no test notices."""
