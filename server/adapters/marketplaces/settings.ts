import type { Account, Capabilities } from '../../modules/channels/adapter.ts'

/** Milliseconds a seller may set where the contract is silent: our guesses stand in the capabilities. */
const MILLISECONDS = ['firstLookbackMs', 'feedLatenessMs', 'unknownSettlesMs'] as const

/** Capabilities with this account's answers to what the contract leaves open. */
export function withSettings(capabilities: Capabilities, settings: Account['settings']): Capabilities {
  const answers: Partial<Capabilities> = {}
  for (const name of MILLISECONDS) {
    const value = settings[name]
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) answers[name] = value
  }
  const { restocksOnCancel } = settings
  if (restocksOnCancel === 'yes' || restocksOnCancel === 'no') answers.restocksOnCancel = restocksOnCancel
  return { ...capabilities, ...answers }
}
