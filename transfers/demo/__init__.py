"""Made-up cases to look at: `manage.py load_demo`. Never in production."""
