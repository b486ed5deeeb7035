"""`python -m source_jira_flow` is `source-jira-flow`."""

import sys

from source_jira_flow.run import main

sys.exit(main())
