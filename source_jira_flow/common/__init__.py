"""Small tools that know nothing of Jira: instants, texts for people, work in threads."""
