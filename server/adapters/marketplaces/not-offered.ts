import { ChannelFault } from '../../modules/channels/adapter.ts'

/** A call that the capabilities say a marketplace has not; whoever makes it all the same is told so. */
export const notOffered = (what: string) => async (): Promise<never> => {
  throw new ChannelFault('refused', '', { why: { reason: 'not_offered', what } })
}
