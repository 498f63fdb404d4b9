/** What can be claimed, how far a claim is, and what news about it changes. Pure. */
export type ClaimKind = 'cancel' | 'return' | 'exchange'

/**
 * requested: waits for an answer. approved: agreed, goods or money on their way. collected: the goods have come back.
 * done, refused, withdrawn: over, and nothing changes it any more.
 */
export type ClaimState = 'requested' | 'approved' | 'collected' | 'done' | 'refused' | 'withdrawn'

export type ClaimAnswerKind = 'approve' | 'refuse' | 'receive' | 'resend'

const RANK: Readonly<Record<ClaimState, number>> = {
  requested: 0,
  approved: 1,
  collected: 2,
  done: 3,
  refused: 3,
  withdrawn: 3,
}

export const isOver = (state: ClaimState): boolean => RANK[state] === 3

/** The buyer keeps what he bought: the claim was never, as far as stock is concerned. */
export const isVoid = (state: ClaimState): boolean => state === 'refused' || state === 'withdrawn'

/** A state only moves forward by rank; the first that ends a claim stays. */
export const furtherState = (now: ClaimState, told: ClaimState): ClaimState => (RANK[told] > RANK[now] ? told : now)

/** Details (quantities, deadline, parcel, words) are those of the newest word; of two at one time the further one. */
export const isNewer = (
  now: { state: ClaimState; changedAt: number },
  told: { state: ClaimState; changedAt: number },
): boolean => {
  if (isOver(now.state) || RANK[told.state] < RANK[now.state]) return false
  return told.changedAt > now.changedAt || (told.changedAt === now.changedAt && RANK[told.state] > RANK[now.state])
}

/** What an answer makes of a claim once whoever decides has accepted it. */
export function stateAfter(answer: ClaimAnswerKind | 'cancel', state: ClaimState): ClaimState {
  switch (answer) {
    case 'approve':
      return furtherState(state, 'approved')
    case 'refuse':
      return furtherState(state, 'refused')
    case 'receive':
      return furtherState(state, 'collected')
    case 'cancel':
      return furtherState(state, 'done')
    case 'resend':
      return state
  }
}

/**
 * What an answer makes of a claim once its marketplace has accepted it. A cancel is over with the yes: the marketplace
 * sells its units on from that moment, and until a collection had told so, up to half a minute later, their next buyers
 * found them reserved, and stood in the books as sold twice.
 */
export function stateOnceTold(kind: ClaimKind, answer: ClaimAnswerKind | 'cancel', state: ClaimState): ClaimState {
  return kind === 'cancel' && answer === 'approve' ? furtherState(state, 'done') : stateAfter(answer, state)
}

/**
 * What a claim's state says of an answer nobody has confirmed: it was heard, it came too late, or nothing yet. Only a
 * state beyond the one it was given in speaks: a return that was collected can still wait for its approval. Other
 * goods of an exchange show in no state but `done`.
 */
export function heard(
  answer: ClaimAnswerKind | 'cancel',
  givenIn: ClaimState,
  now: ClaimState,
): 'told' | 'overtaken' | null {
  if (answer === 'refuse') return now === 'refused' ? 'told' : isOver(now) ? 'overtaken' : null
  if (isVoid(now)) return 'overtaken'
  if (answer === 'cancel' || answer === 'resend') return now === 'done' ? 'told' : null
  return RANK[now] > RANK[givenIn] && RANK[now] >= RANK[stateAfter(answer, 'requested')] ? 'told' : null
}

export type ClaimOnLine = {
  kind: ClaimKind
  state: ClaimState
  quantity: number
  /** Told by a marketplace; false for what the seller opened and nobody told back. */
  isTold: boolean
  openedBySeller: boolean
  requestedAt: number
  claimId: string
}

/**
 * What all claims on a line come to, beside what the line tells of itself.
 *
 * A cancel is told up to three times: on the line, as the marketplace's claim, as the seller's own. The largest of
 * the three sums counts, never their sum, so a unit comes back once. A return may be told on the line as a cancel too;
 * for the marketplace's shelf both are counted, since a right too large is corrected by the next read and one too
 * small sells twice.
 */
export function comesTo(
  line: { quantity: number; toldCancelled: number },
  claims: readonly ClaimOnLine[],
): { toldCancelled: number; takenBack: number; claim: ClaimKind | null } {
  const done = claims.filter(({ state }) => state === 'done')
  const cancels = done.filter(({ kind }) => kind === 'cancel')
  const told = units(cancels.filter(({ isTold }) => isTold))
  const sellers = units(cancels.filter(({ openedBySeller }) => openedBySeller))
  const toldCancelled = Math.min(line.quantity, Math.max(line.toldCancelled, told, sellers))
  const returned = units(done.filter(({ kind }) => kind === 'return'))
  // Other goods can be returned in their turn, so an exchange counts beside what was bought.
  const exchanged = units(done.filter(({ kind }) => kind === 'exchange'))
  const open = claims
    .filter(({ state }) => !isOver(state))
    .toSorted((a, b) => b.requestedAt - a.requestedAt || (a.claimId < b.claimId ? 1 : -1))
  return {
    toldCancelled,
    takenBack: Math.min(line.quantity, toldCancelled + returned) + exchanged,
    claim: open[0]?.kind ?? null,
  }
}

const units = (claims: readonly ClaimOnLine[]): number => claims.reduce((sum, { quantity }) => sum + quantity, 0)
