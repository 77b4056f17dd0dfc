"""The explorer: one HTML file that shows the tables of a study, with no server and no network."""
