import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Board } from '../../contract/board.ts'
import { openEvents, readBoard, worthRepeating } from '../api.ts'
import { applyChanges, type BoardChange, readChange } from './apply.ts'
import { follow, type Line } from './follow.ts'

const KEY = ['board'] as const
/** Changes are drawn together at most this often: 50 batches a second must not mean 50 renders. */
const DRAW_EVERY_MS = 60
/** Changes that wait for a snapshot. More than this, and reading the board again is cheaper than keeping them. */
const MOST_WAITING = 5_000

/** Quiet repeats of the snapshot before a person is told. */
const MOST_REPEATS = 2

export type LiveBoard = {
  board: Board | undefined
  error: Error | null
  /** The server's clock less the browser's, ms. */
  clockAhead: number
  line: Line
  reread(): void
  retryNow(): void
}

/**
 * The board, live. The stream is opened before the snapshot is read and changes wait until it is there: nothing that
 * happens between the two is lost, and a change applied twice changes nothing.
 */
export function useBoard(): LiveBoard {
  const client = useQueryClient()
  const [line, setLine] = useState<Line>({ phase: 'connecting' })
  const [tried, setTried] = useState(false)
  const [clockAhead, setClockAhead] = useState(0)
  const following = useRef<{ stop(): void; retryNow(): void } | null>(null)

  const query = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const board = await readBoard(signal)
      setClockAhead(Date.parse(board.at) - Date.now())
      return board
    },
    enabled: tried,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    structuralSharing: false,
    retry: (failures, error) => failures < MOST_REPEATS && worthRepeating(error),
  })

  useEffect(() => {
    const inbox = changesInbox(client)
    const handle = follow(browserDeps, {
      opened: (resumed) => {
        setTried(true)
        if (!resumed) void client.invalidateQueries({ queryKey: KEY })
      },
      events: (events) => {
        for (const { event, data } of events) {
          const change = readChange(event, data)
          if (change?.event === 'reset') inbox.startOver()
          else if (change !== null) inbox.add(change)
        }
      },
      line: (next) => {
        // A stream that cannot be opened must not keep the snapshot from being shown.
        if (next.phase === 'lost') setTried(true)
        setLine((before) => (sameLine(before, next) ? before : next))
      },
    })
    following.current = handle
    const online = () => handle.retryNow()
    window.addEventListener('online', online)
    return () => {
      window.removeEventListener('online', online)
      handle.stop()
      inbox.close()
    }
  }, [client])

  return {
    board: query.data,
    error: query.error,
    clockAhead,
    line,
    reread: () => void client.invalidateQueries({ queryKey: KEY }),
    retryNow: () => following.current?.retryNow(),
  }
}

/** Holds changes until there is a snapshot to apply them to and a moment to draw them. */
function changesInbox(client: QueryClient) {
  let waiting: BoardChange[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function startOver(): void {
    waiting = []
    void client.invalidateQueries({ queryKey: KEY })
  }

  function draw(): void {
    timer = undefined
    if (waiting.length === 0) return
    const ready = client.getQueryData(KEY) !== undefined && client.isFetching({ queryKey: KEY }) === 0
    if (!ready) {
      timer = setTimeout(draw, DRAW_EVERY_MS)
      return
    }
    const changes = waiting
    waiting = []
    client.setQueryData<Board>(KEY, (board) => (board === undefined ? board : applyChanges(board, changes)))
  }

  return {
    startOver,
    add: (change: BoardChange) => {
      waiting.push(change)
      if (waiting.length > MOST_WAITING) startOver()
      timer ??= setTimeout(draw, DRAW_EVERY_MS)
    },
    close: () => clearTimeout(timer),
  }
}

/** Every event moves `heardAt`; the badge counts in seconds, so most of those moves need no render. */
function sameLine(a: Line, b: Line): boolean {
  return a.phase === 'open' && b.phase === 'open' && b.heardAt - a.heardAt < 1_000
}

const browserDeps = {
  open: openEvents,
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms: number, then: () => void) => {
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  },
}
