/**
 * What may be read by its company or its connection alone, by the table's name, and why. Whatever else does is a look-up
 * that lost its key: test/plans.pg.test.ts.
 */

/** A handful of rows in every company. */
export const SMALL: Readonly<Record<string, string>> = {
  company: 'one',
  company_id: 'the list of all companies: ids alone, and nothing of theirs',
  connection: 'a few accounts',
  warehouse: 'a few places',
  connection_id: 'an id an account',
  token: 'one a connection',
  budget: 'a few a connection',
}

type Reader = { tables: readonly string[]; why: string }

/** Statements that mean to read rows of a company or of a connection: all of them, or a page in the order of ids. */
export const READERS: Readonly<Record<string, Reader>> = {
  channels_claim_markers: { tables: ['marker'], why: 'a queue: takes the first, and they are gone' },
  channels_mark_connection: { tables: ['listing'], why: 'marks all that a connection lists' },
  channels_listings_of_connection: { tables: ['listing'], why: 'all that a connection lists' },
  channels_settling_listings: { tables: ['listing'], why: 'an index of those of a connection that settle' },
  channels_release_edited: { tables: ['listing'], why: 'all of a connection that was left as edited' },
  channels_release_parked: { tables: ['unit'], why: 'an index of those of a connection that are parked' },
  channels_end_back_offs: { tables: ['unit'], why: 'all of a connection that failed: it answers again' },
  channels_drifted_since: { tables: ['drift'], why: 'the newest of a connection, of what is confirmed and kept' },
  channels_drop_drifts: { tables: ['drift'], why: 'a page of each connection, the oldest ids first' },
  channels_old_reconciliations: { tables: ['reconciliation'], why: 'a page of each connection, the oldest ids first' },
  orders_lines_to_acknowledge: { tables: ['order_line'], why: 'an index of the paid lines of a connection, by order' },
  screens_board_connections: { tables: ['unit'], why: 'counts of what each connection is to write' },
  channels_unsee_old_alarms: { tables: ['alarm_seen'], why: 'a page, the oldest ids first' },
  screens_board_orders: { tables: ['order'], why: 'a page, the newest ids first' },
  screens_board_errors: {
    tables: ['shipment_line', 'claim_answer'],
    why: 'two indexes of parcels that wait for a person, newest first',
  },
  screens_board_totals: {
    tables: ['listing', 'promise', 'shortage'],
    why: 'sums over everything that is listed, promised or missing',
  },
  screens_board_variants: {
    tables: ['bundle_component', 'level', 'listing', 'product', 'promise', 'shortage', 'unit', 'variant'],
    why: 'the page of all variants, with their stock and what each channel shows',
  },
  screens_channel_standings: {
    tables: ['listing', 'unit', 'reconciliation'],
    why: 'counts of all work and all that was left as edited; of each connection the newest comparison',
  },
  screens_strict_variants: { tables: ['strict_variant'], why: 'the list itself' },
  screens_unmapped: { tables: ['listing'], why: 'a page in the order of ids, of listings nobody has mapped' },
  screens_demo_listings: { tables: ['listing', 'variant'], why: 'the end of a demo compares everything' },
  screens_demo_lines: { tables: ['order_line'], why: 'the end of a demo compares everything' },
  screens_demo_parcels: {
    tables: ['shipment_line', 'shipment', 'order_line'],
    why: 'the end of a demo compares everything',
  },
  screens_demo_claims: { tables: ['claim', 'claim_line'], why: 'the end of a demo compares everything' },
  screens_demo_claim_totals: { tables: ['claim'], why: 'the end of a demo counts everything' },
  screens_demo_under_way: {
    tables: ['marker', 'unit', 'claim_answer'],
    why: 'the end of a demo counts what is not at rest, in tables that are empty then',
  },
  screens_replay_books: {
    tables: ['order', 'order_line', 'movement', 'shortage', 'reservation'],
    why: 'sums over all that a replay has traded; it switches sequential scans on',
  },
  screens_completed_lines: {
    tables: ['order', 'reservation_line'],
    why: 'once a day of a replay: all that is reserved, beside its orders',
  },
}
