import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import type { Board } from '../../contract/board.ts'
import type { ChannelBoard } from '../../contract/channel-board.ts'
import { readChannels, worthRepeating } from '../api.ts'

/** Everything on the channels' screen is kept under this key, so that a change makes all of it anew. */
export const CHANNELS = 'channels'

/** The board's stream says that a connection changed up to five times a second; its hour's numbers are read no oftener. */
const LEAST_GAP_MS = 2_000
/** Budgets fill and waits run out without news. */
const LOOK_EVERY_MS = 15_000

/** The channels, kept up with the board's own stream of events. */
export function useChannels({ connections, totals: { alarms } }: Board): UseQueryResult<ChannelBoard> {
  const client = useQueryClient()
  const known = useRef({ connections, alarms, lookedAt: Date.now() })
  useEffect(() => {
    const before = known.current
    if (before.alarms !== alarms) void client.invalidateQueries({ queryKey: [CHANNELS, 'alarms'] })
    if (before.connections === connections && before.alarms === alarms) return
    known.current = { ...before, connections, alarms }
    const wait = Math.max(0, before.lookedAt + LEAST_GAP_MS - Date.now())
    const timer = setTimeout(() => {
      known.current = { ...known.current, lookedAt: Date.now() }
      void client.invalidateQueries({ queryKey: [CHANNELS, 'standing'] })
    }, wait)
    return () => clearTimeout(timer)
  }, [client, connections, alarms])
  return useQuery({
    queryKey: [CHANNELS, 'standing'],
    queryFn: ({ signal }) => readChannels(signal),
    refetchInterval: LOOK_EVERY_MS,
    retry: (failures, error) => failures < 2 && worthRepeating(error),
  })
}
