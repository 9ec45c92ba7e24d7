"""The queue of the distributed dispatch: procrastinate's own schema, and the indexes of our questions to it"""

from importlib import resources

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX ix_procrastinate_jobs_of_row ON procrastinate_jobs (queue_name, (args->>'id'));
CREATE INDEX ix_procrastinate_jobs_of_party ON procrastinate_jobs ((args->>'party'), priority) WHERE status = 'todo';
CREATE INDEX ix_procrastinate_jobs_of_lock ON procrastinate_jobs (lock, priority DESC, id) WHERE status = 'todo';
CREATE INDEX ix_procrastinate_jobs_at_work ON procrastinate_jobs (queue_name, (args->>'workspace_id'))
    WHERE status = 'doing';
"""

DROP = """
DO $$
DECLARE found record;
BEGIN
    DROP TABLE procrastinate_periodic_defers, procrastinate_events, procrastinate_jobs, procrastinate_workers CASCADE;
    FOR found IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pronamespace = current_schema()::regnamespace
    LOOP
        EXECUTE 'DROP FUNCTION ' || found.name || ' CASCADE';
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_status, procrastinate_job_event_type CASCADE;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        schema = resources.files("genai_stack.app.migrations") / "queue" / "procrastinate_3_10.sql"
        _run(schema.read_text())
        _run(INDEXES)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _run(DROP)


def _run(statements: str) -> None:
    """As they stand: without parameters, a percent sign is no placeholder."""
    connection: sa.Connection = op.get_bind()
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})
