"""Scores the houses of each day, the night after.

The day goes into sources and sinks by --date, so a run that is cleared, tried again or
backfilled replaces the rows of its own day and no others.
"""

import datetime

from airflow.exceptions import AirflowFailException

try:  # Airflow 3
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

import os
import subprocess

FOLDER = os.environ.get("BEAMLINE_FOLDER", "/srv/houses")  # with nightly.yaml and the model

with DAG(
    dag_id="score_houses",
    schedule="30 2 * * *",
    start_date=datetime.datetime(2026, 11, 25, tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": datetime.timedelta(minutes=10)},
):

    @task
    def score(ds=None):
        """Scores the day ds; only what may pass by itself is tried again."""
        command = ["beamline", "score", "nightly.yaml", "--model", "learned/model", "--date", ds, "--json"]
        done = subprocess.run(command, cwd=FOLDER, text=True, capture_output=True)
        print(done.stdout, done.stderr)
        if done.returncode == 1:
            raise RuntimeError(done.stderr)
        if done.returncode != 0:  # the spec, the data or a check: a person has to look
            raise AirflowFailException(done.stderr)

    score()
