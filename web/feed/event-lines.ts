/** One server-sent event. `id` is the newest id of the stream so far, as the standard has it. */
export type StreamEvent = { id: string | null; event: string; data: string }

/** Longest half-received event, characters: a stream that never ends a line must not eat the browser's memory. */
const LONGEST = 8_000_000

/**
 * Reads the text of a server-sent event stream piece by piece. Feed it chunks as they come; it returns the events they
 * complete. Comments (heartbeats) complete nothing. Throws RangeError when one event grows beyond 8 million characters.
 */
export function eventLines(): (chunk: string) => StreamEvent[] {
  let rest = ''
  let id: string | null = null
  let event = ''
  let data: string[] = []

  function line(text: string): StreamEvent | null {
    if (text === '') {
      const done = data.length === 0 ? null : { id, event: event === '' ? 'message' : event, data: data.join('\n') }
      event = ''
      data = []
      return done
    }
    const colon = text.indexOf(':')
    const field = colon === -1 ? text : text.slice(0, colon)
    const value = colon === -1 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) id = value
    return null
  }

  return (chunk) => {
    rest += chunk
    if (rest.length > LONGEST) throw new RangeError('an event of the stream is too long')
    // A lone \r at the very end may be the first half of \r\n, so it waits for the next chunk.
    const ends = /\r\n|\n|\r(?!$)/g
    const events: StreamEvent[] = []
    let from = 0
    for (let end = ends.exec(rest); end !== null; end = ends.exec(rest)) {
      const done = line(rest.slice(from, end.index))
      if (done !== null) events.push(done)
      from = ends.lastIndex
    }
    rest = rest.slice(from)
    return events
  }
}
