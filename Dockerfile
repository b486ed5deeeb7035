# The connector as Airbyte runs it. docker build -t source-jira-flow:dev .
FROM airbyte/python-connector-base:4.1.1@sha256:a268b44c733ae699a60f5fbc06a324945dba98945c6e2ab7f8609f2f895b0d28 AS builder

WORKDIR /build
COPY . .
# Exact versions, each held by its hash, for what runs and for what builds.
RUN python -m venv /opt/source-jira-flow \
    && /opt/source-jira-flow/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt \
    && /opt/source-jira-flow/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM airbyte/python-connector-base:4.1.1@sha256:a268b44c733ae699a60f5fbc06a324945dba98945c6e2ab7f8609f2f895b0d28

COPY --from=builder /opt/source-jira-flow /opt/source-jira-flow
WORKDIR /airbyte/integration_code
# Not root: the base image has this user.
USER airbyte

# The platform reads the variable; docker run uses the entry point.
ENV AIRBYTE_ENTRYPOINT="/opt/source-jira-flow/bin/source-jira-flow"
ENTRYPOINT ["/opt/source-jira-flow/bin/source-jira-flow"]
