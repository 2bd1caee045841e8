"""The pages of employers, under /employer/."""
