"""Prints measured values and checks, and counts the checks that pass and fail."""


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def say(self, text):
        print(f"      {text}", flush=True)

    def check(self, about, holds):
        self.passed += bool(holds)
        self.failed += not holds
        print(f"{'ok' if holds else 'FAIL':4}  {about}", flush=True)

    def at_most(self, about, figure, limit, unit=""):
        self.check(f"{about}: {figure:.4g}{unit}, at most {limit:.4g}{unit}", figure <= limit)
