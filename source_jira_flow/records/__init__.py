"""Records of issues and comments: typed columns at the top, Jira's own object whole beside them."""
