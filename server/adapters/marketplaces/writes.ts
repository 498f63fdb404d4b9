import { CHANNEL_FAULTS, ChannelFault } from '../../modules/channels/adapter.ts'

export type Writes = {
  /**
   * Runs one write. After an earlier one that may stand a fault becomes one that says so: "not applied" would be
   * taken for all of them, and their units promised a second time.
   */
  run(write: () => Promise<void>, refusals?: 'refusal_is_fine'): Promise<void>
}

/** The writes that together set one unit's stock. */
export function openWrites(): Writes {
  let written = false
  return {
    run: async (write, refusals) => {
      try {
        await write()
        written = true
      } catch (error) {
        if (!(error instanceof ChannelFault)) throw error
        if (error.code === 'refused' && refusals === 'refusal_is_fine') return
        if (!written || CHANNEL_FAULTS[error.code].applied === 'maybe') throw error
        throw new ChannelFault('unknown', `after something was written: ${error.code} ${error.said}`, {
          pauseMs: error.pauseMs,
          cause: error,
        })
      }
    },
  }
}
