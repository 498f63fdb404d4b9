import { type Capabilities, ChannelFault, type ClaimAnswer } from '../../modules/channels/adapter.ts'

/** Throws `refused`, before anything is sent, when one of the answers is none this channel takes. */
export function expectOffered({ claims }: Capabilities, answers: readonly ClaimAnswer[]): void {
  const strange = answers.find(({ kind, answer }) => !claims[kind].includes(answer))
  if (strange)
    throw new ChannelFault('refused', '', { why: { reason: 'not_offered', what: `${strange.kind} ${strange.answer}` } })
}
