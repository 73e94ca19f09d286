"""The five messy lists that a campaign holds, each drawn from the same people by another hand."""

from commonweal.electorate.lists.recipes import RECIPES, Recipe

__all__ = ["RECIPES", "Recipe"]
