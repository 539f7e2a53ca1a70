"""The customs service of a country of destination: the licences of what is on its way to it."""
