"""Records of issues and comments: typed columns, and Jira's own object beside them."""
