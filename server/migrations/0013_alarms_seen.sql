-- Alarms that a person has seen. Beside them, since alarms are only ever added: to have seen one is a row that can be
-- taken back.
create table channels.alarm_seen (
  company_id  uuid not null,
  alarm_id    uuid not null,
  seen_by     text not null,
  seen_at     timestamptz not null,
  primary key (company_id, alarm_id),
  foreign key (company_id, alarm_id) references channels.alarm
);
call kernel.wall('channels.alarm_seen', 'select, insert, delete');
