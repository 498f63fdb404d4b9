import { plain } from '../../kernel/arrays.ts'
import { statement, type Tx } from '../../kernel/db.ts'

const KNOWN_ALARMS = statement<{ alarm_id: string }>(
  'channels_known_alarms',
  'select alarm_id from channels.alarm where company_id = $1 and alarm_id = any ($2::uuid[])',
)

const SEE_ALARMS = statement<never>(
  'channels_see_alarms',
  `insert into channels.alarm_seen (company_id, alarm_id, seen_by, seen_at)
   select $1, alarm_id, $3, kernel.now() from unnest($2::uuid[]) as k (alarm_id) order by alarm_id
   on conflict (company_id, alarm_id) do nothing`,
)

const UNSEE_ALARMS = statement<never>(
  'channels_unsee_alarms',
  'delete from channels.alarm_seen where company_id = $1 and alarm_id = any ($2::uuid[])',
)

/**
 * `by` has seen these alarms; null takes that back. Who has seen one first stays the one who has. Ids that are no
 * alarms of the company's are left out. Answers how many are.
 */
export async function setAlarmsSeen(
  tx: Tx,
  company: string,
  ids: readonly string[],
  by: string | null,
): Promise<number> {
  const known = (await tx.query(KNOWN_ALARMS, [company, plain(ids)])).map((row) => row.alarm_id)
  if (by === null) tx.write(UNSEE_ALARMS, [company, plain(known)])
  else tx.write(SEE_ALARMS, [company, plain(known), by])
  return known.length
}
