-- Whether an alarm was raised already is asked with each one. By the time alone, on tables nobody had analysed, PostgreSQL
-- took the primary key instead and read every alarm of the company; kind and time together are a key it finds cheaper.
create index alarms_by_kind on channels.alarm (kind, at, company_id);
