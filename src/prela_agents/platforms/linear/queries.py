"""What is asked of Linear, in GraphQL. What differs from one asking to the next is a variable."""

from __future__ import annotations

__all__ = ["ATTACH", "BY_ID", "BY_URL", "CREATE", "LABELS", "LATEST", "MAKE_LABEL", "SEARCH"]

_ISSUE = "{ id identifier title description url state { name } labels { nodes { name } } }"

BY_ID = (
    "query IssueById($id: ID!) { issues(first: 1, includeArchived: true, "
    f"filter: {{ id: {{ eq: $id }} }}) {{ nodes {_ISSUE} }} }}"
)
BY_URL = (
    "query IssueForUrl($url: String!) { attachmentsForURL(url: $url, first: 1) "
    f"{{ nodes {{ issue {_ISSUE} }} }} }}"
)
SEARCH = (
    "query SearchIssues($term: String!, $team: String!) "
    f"{{ searchIssues(term: $term, teamId: $team, first: 50) {{ nodes {_ISSUE} }} }}"
)
LATEST = (
    "query LatestIssues($team: ID!, $first: Int!, $after: String) { issues(first: $first, "
    "after: $after, orderBy: updatedAt, filter: { team: { id: { eq: $team } } }) "
    f"{{ nodes {_ISSUE} pageInfo {{ hasNextPage endCursor }} }} }}"
)
CREATE = (
    "mutation CreateIssue($input: IssueCreateInput!) "
    f"{{ issueCreate(input: $input) {{ success issue {_ISSUE} }} }}"
)
ATTACH = (
    "mutation Attach($input: AttachmentCreateInput!) "
    "{ attachmentCreate(input: $input) { success } }"
)
LABELS = (
    "query LabelsByName($name: String!) { issueLabels(first: 50, "
    "filter: { name: { eqIgnoreCase: $name } }) { nodes { id team { id } } } }"
)
MAKE_LABEL = (
    "mutation MakeLabel($input: IssueLabelCreateInput!) "
    "{ issueLabelCreate(input: $input) { success issueLabel { id } } }"
)
