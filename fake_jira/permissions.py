"""Jira's permissions: the keys that the fake knows, with their old names on self-hosted Jira."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    id: str
    key: str
    name: str
    type: str
    old_key: str | None = None


PERMISSIONS: tuple[Permission, ...] = (
    Permission("0", "ADMINISTER", "Administer Jira", "GLOBAL"),
    Permission("44", "SYSTEM_ADMIN", "Jira System Administrators", "GLOBAL"),
    Permission("27", "USER_PICKER", "Browse users and groups", "GLOBAL"),
    Permission("22", "CREATE_SHARED_OBJECTS", "Share dashboards and filters", "GLOBAL", "CREATE_SHARED_OBJECT"),
    Permission("24", "MANAGE_GROUP_FILTER_SUBSCRIPTIONS", "Manage group filter subscriptions", "GLOBAL"),
    Permission("33", "BULK_CHANGE", "Make bulk changes", "GLOBAL"),
    Permission("23", "ADMINISTER_PROJECTS", "Administer Projects", "PROJECT", "PROJECT_ADMIN"),
    Permission("10", "BROWSE_PROJECTS", "Browse Projects", "PROJECT", "BROWSE"),
    Permission("11", "CREATE_ISSUES", "Create Issues", "PROJECT", "CREATE_ISSUE"),
    Permission("12", "EDIT_ISSUES", "Edit Issues", "PROJECT", "EDIT_ISSUE"),
    Permission("13", "ASSIGN_ISSUES", "Assign Issues", "PROJECT", "ASSIGN_ISSUE"),
    Permission("14", "RESOLVE_ISSUES", "Resolve Issues", "PROJECT", "RESOLVE_ISSUE"),
    Permission("15", "ADD_COMMENTS", "Add Comments", "PROJECT", "COMMENT_ISSUE"),
    Permission("16", "DELETE_ISSUES", "Delete Issues", "PROJECT", "DELETE_ISSUE"),
    Permission("20", "WORK_ON_ISSUES", "Work On Issues", "PROJECT", "WORK_ISSUE"),
    Permission("25", "MOVE_ISSUES", "Move Issues", "PROJECT", "MOVE_ISSUE"),
    Permission("26", "SET_ISSUE_SECURITY", "Set Issue Security", "PROJECT"),
    Permission("46", "TRANSITION_ISSUES", "Transition Issues", "PROJECT"),
)

BY_KEY = {permission.key: permission for permission in PERMISSIONS}
