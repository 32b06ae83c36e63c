#include "sql/cron/install.h"

#include "sql/cron/quiet_sink.h"
#include "sql/session.h"

namespace latchkey::sql::cron {

namespace {

constexpr std::string_view kScript = R"sql(
CREATE SCHEMA cron;
CREATE TABLE cron.job (
  jobid bigint PRIMARY KEY,
  schedule text NOT NULL,
  command text NOT NULL,
  nodename text NOT NULL DEFAULT 'localhost',
  nodeport integer NOT NULL DEFAULT 5432,
  database text NOT NULL,
  username text NOT NULL,
  active boolean NOT NULL DEFAULT true,
  jobname text);
CREATE TABLE cron.job_run_details (
  jobid bigint,
  runid bigint PRIMARY KEY,
  job_pid integer,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz);
CREATE TABLE cron.numbers (kind text PRIMARY KEY, last bigint NOT NULL);
INSERT INTO cron.numbers VALUES ('job', 0), ('run', 0);
CREATE FUNCTION cron.schedule(job_name text, schedule text, command text) RETURNS bigint
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  id bigint;
BEGIN
  IF $1 IS NULL THEN RAISE EXCEPTION 'job_name can not be NULL'; END IF;
  IF $2 IS NULL THEN RAISE EXCEPTION 'schedule can not be NULL'; END IF;
  IF $3 IS NULL THEN RAISE EXCEPTION 'command can not be NULL'; END IF;
  IF NOT cron_schedule_is_valid($2) THEN
    RAISE EXCEPTION 'invalid schedule: %', $2 USING ERRCODE = '22023',
      HINT = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  END IF;
  UPDATE cron.job SET schedule = $2, command = $3, database = current_database(), active = true
    WHERE jobname = $1 AND username = current_user RETURNING jobid INTO id;
  IF id IS NOT NULL THEN RETURN id; END IF;
  UPDATE cron.numbers SET last = last + 1 WHERE kind = 'job' RETURNING last INTO id;
  INSERT INTO cron.job (jobid, schedule, command, database, username, jobname)
    VALUES (id, $2, $3, current_database(), current_user, $1);
  RETURN id;
END $body$;
CREATE FUNCTION cron.schedule(schedule text, command text) RETURNS bigint
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
DECLARE
  id bigint;
BEGIN
  IF NOT cron_schedule_is_valid($1) THEN
    RAISE EXCEPTION 'invalid schedule: %', $1 USING ERRCODE = '22023',
      HINT = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  END IF;
  UPDATE cron.numbers SET last = last + 1 WHERE kind = 'job' RETURNING last INTO id;
  INSERT INTO cron.job (jobid, schedule, command, database, username)
    VALUES (id, $1, $2, current_database(), current_user);
  RETURN id;
END $body$;
CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean
LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM cron.job WHERE jobid = $1 AND username = current_user;
  IF NOT FOUND THEN RAISE EXCEPTION 'could not find valid entry for job ''%''', $1; END IF;
  RETURN true;
END $body$;
CREATE FUNCTION cron.unschedule(job_name text) RETURNS boolean
LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM cron.job WHERE jobname = $1 AND username = current_user;
  IF NOT FOUND THEN RAISE EXCEPTION 'could not find valid entry for job ''%''', $1; END IF;
  RETURN true;
END $body$;
CREATE FUNCTION cron.alter_job(job_id bigint, schedule text DEFAULT NULL,
  command text DEFAULT NULL, database text DEFAULT NULL, username text DEFAULT NULL,
  active boolean DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $body$
#variable_conflict use_column
BEGIN
  IF NOT cron_schedule_is_valid($2) THEN
    RAISE EXCEPTION 'invalid schedule: %', $2 USING ERRCODE = '22023',
      HINT = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
  END IF;
  UPDATE cron.job SET schedule = coalesce($2, schedule), command = coalesce($3, command),
      database = coalesce($4, database), username = coalesce($5, username),
      active = coalesce($6, active)
    WHERE jobid = $1;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'Job % does not exist or you don''t own it', $1;
  END IF;
END $body$;
)sql";

}  // namespace

bool mentions_cron(Bytes text) {
  return text.find("cron.") != Bytes::npos || text.find("CRON.") != Bytes::npos;
}

Result<void> install(Database& database) {
  if (database.catalog()->find_schema("cron") != nullptr) return {};
  // The script mentions what it makes.
  static thread_local bool is_installing = false;
  if (is_installing) return {};
  LK_TRY(const auto session, Session::open(database, SessionOptions()));
  QuietSink sink;
  is_installing = true;
  Result<void> done = session->run(kScript, sink);
  is_installing = false;
  // Another session may have been faster.
  if (done.has_value() || done.error().code() == ErrorCode::SchemaDuplicate) return {};
  return done;
}

}  // namespace latchkey::sql::cron
