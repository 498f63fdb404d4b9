import { ChannelFault } from '../../../modules/channels/adapter.ts'

export type Writes = {
  /** Runs one write. A fault after an earlier one that may stand becomes `unknown`. */
  run(write: () => Promise<void>, refusals?: 'refusal_is_fine'): Promise<void>
}

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
        if (!written || error.code === 'unknown') throw error
        throw new ChannelFault('unknown', `after something was written: ${error.code} ${error.said}`, {
          pauseMs: error.pauseMs,
        })
      }
    },
  }
}
