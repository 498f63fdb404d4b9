import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { type ConnectionChange, changeConnection } from '../api.ts'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { FrontierCurve } from './frontier.tsx'
import { chosenRisk, USUAL_RISK } from './frontier-place.ts'
import { useDecide } from './use-decide.tsx'

const POLICIES = ['rights', 'fixed', 'buffered', 'pool'] as const
const TAILS = ['strict', 'pooled'] as const
/** A: set and collect past it. B: stop, read, set, resume. */
const PROTOCOLS = ['A', 'B'] as const
const MEASURES = ['percent', 'units'] as const
/** The risks the curve was measured at; another one that is set stays among them. */
const RISKS = [0.001, 0.01, 0.05, 0.2]
const MOST = { percent: 100, units: 1_000_000 } as const

type Draft = Pick<ChannelStanding, 'policy'> & {
  measure: (typeof MEASURES)[number]
  /** As typed. */
  amount: string
  tail: (typeof TAILS)[number]
  tailRisk: number
  protocol: (typeof PROTOCOLS)[number]
}

/** How much a connection shows of what there is, and what may happen to the last units. */
export function PolicyForm({ channel, onDone }: { channel: ChannelStanding; onDone(): void }) {
  const { t } = useTranslation()
  const { id, name, policy, policySettings, saleStop } = channel
  const isProtocolB = (settings: { protocol?: string | undefined }) => settings.protocol === 'B'
  const [draft, setDraft] = useState(() => draftOf(channel))
  const { decide, isPending, error } = useDecide(onDone)
  const change = changeOf(draft)
  const isNew = JSON.stringify(changeOf(draftOf(channel))) !== JSON.stringify(change)
  const set = (more: Partial<Draft>) => setDraft({ ...draft, ...more })
  const save = (to: ConnectionChange) =>
    decide({
      said: t('policies.saved', { name }),
      act: () => changeConnection(id, to),
      undo: () => changeConnection(id, { policy, policySettings: settingsOf(policySettings) }),
    })
  return (
    <form
      className="policy-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (change !== null && isNew) save(change)
      }}
    >
      <fieldset>
        <legend>{t('policies.choose')}</legend>
        {POLICIES.map((known) => (
          <label key={known} className="check">
            <input
              type="radio"
              name="policy"
              checked={draft.policy === known}
              onChange={() => set({ policy: known })}
            />
            {t(`channelWhy.policy.${known}`)}
          </label>
        ))}
      </fieldset>
      {(draft.policy === 'fixed' || draft.policy === 'buffered') && <Amount draft={draft} onChange={set} />}
      {draft.policy === 'rights' && policy !== 'rights' && <p className="small dim">{t('policies.toRights')}</p>}
      {draft.policy === 'rights' && (saleStop !== null || isProtocolB(policySettings)) && (
        <ProtocolChoice draft={draft} calls={saleStop?.callsPerExchange ?? null} onChange={set} />
      )}
      {draft.policy === 'rights' && !isProtocolB(draft) && <TailChoice draft={draft} onChange={set} />}
      <FrontierCurve choices={[{ names: name, risk: chosenRisk(choiceOf(draft)) }]} />
      {error !== null && <ProblemNotice error={error} />}
      <div className="push-foot">
        <span className="spread" />
        <Button size="xs" variant="default" onClick={onDone}>
          {t('screen.cancel')}
        </Button>
        <Button size="xs" type="submit" disabled={change === null || !isNew} loading={isPending}>
          {t('policies.save')}
        </Button>
      </div>
    </form>
  )
}

function Amount({ draft, onChange }: { draft: Draft; onChange(more: Partial<Draft>): void }) {
  const { t } = useTranslation()
  const buffered = draft.policy === 'buffered'
  return (
    <fieldset>
      <legend>{t('policies.by')}</legend>
      <div className="amount">
        {MEASURES.map((measure) => (
          <label key={measure} className="check">
            <input
              type="radio"
              name="measure"
              checked={draft.measure === measure}
              onChange={() => onChange({ measure })}
            />
            {t(buffered ? `policies.kept.${measure}` : `policies.${measure}`)}
          </label>
        ))}
        <input
          className="plain-input numeric"
          type="number"
          required
          min={0}
          max={MOST[draft.measure]}
          step={draft.measure === 'units' ? 1 : 'any'}
          aria-label={t(buffered ? `policies.kept.${draft.measure}` : `policies.${draft.measure}`)}
          value={draft.amount}
          onChange={(event) => onChange({ amount: event.currentTarget.value })}
        />
      </div>
    </fieldset>
  )
}

/** How a number is changed. `calls`: what the careful way takes, where it is known. */
function ProtocolChoice({
  draft,
  calls,
  onChange,
}: {
  draft: Draft
  calls: number | null
  onChange(more: Partial<Draft>): void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <fieldset>
      <legend>{t('policies.protocolTitle')}</legend>
      {PROTOCOLS.map((protocol) => (
        <label key={protocol} className="check">
          <input
            type="radio"
            name="protocol"
            checked={draft.protocol === protocol}
            onChange={() => onChange({ protocol })}
          />
          {t(`policies.protocol.${protocol}`)}
        </label>
      ))}
      {draft.protocol === 'B' && (
        <ul className="small costs">
          {calls !== null && <li>{t('policies.costs.calls', { value: format.number(calls) })}</li>}
          <li>{t('policies.costs.offSale')}</li>
          <li>{t('policies.costs.tail')}</li>
          <li>{t('policies.costs.byHand')}</li>
          <li>{t('policies.costs.rests')}</li>
          <li>{t('policies.costs.begins')}</li>
        </ul>
      )}
    </fieldset>
  )
}

function TailChoice({ draft, onChange }: { draft: Draft; onChange(more: Partial<Draft>): void }) {
  const { t } = useTranslation()
  const format = useFormat()
  const risks = RISKS.includes(draft.tailRisk) ? RISKS : [...RISKS, draft.tailRisk].sort((a, b) => a - b)
  return (
    <fieldset>
      <legend>{t('policies.tailTitle')}</legend>
      {TAILS.map((tail) => (
        <label key={tail} className="check">
          <input type="radio" name="tail" checked={draft.tail === tail} onChange={() => onChange({ tail })} />
          {t(`policies.tail.${tail}`)}
        </label>
      ))}
      {draft.tail === 'pooled' && (
        <label className="risk">
          <span>{t('policies.risk')}</span>
          <select
            className="plain-input numeric"
            value={draft.tailRisk}
            onChange={(event) => onChange({ tailRisk: Number(event.currentTarget.value) })}
          >
            {risks.map((risk) => (
              <option key={risk} value={risk}>
                {format.percent(risk)}
              </option>
            ))}
          </select>
        </label>
      )}
    </fieldset>
  )
}

function draftOf({ policy, policySettings }: ChannelStanding): Draft {
  const { percent, units, tail = 'strict', tailRisk = USUAL_RISK, protocol = 'A' } = policySettings
  const measure = units === undefined ? 'percent' : 'units'
  return { policy, measure, amount: String(units ?? percent ?? ''), tail, tailRisk, protocol }
}

/** What is typed, as the contract wants it; null while it is no number. */
function changeOf(draft: Draft): ConnectionChange | null {
  const { policy, measure, amount, tail, tailRisk, protocol } = draft
  if (policy === 'pool') return { policy, policySettings: {} }
  if (policy === 'rights') {
    const careful = protocol === 'B' ? { protocol } : {}
    return { policy, policySettings: { ...careful, ...(tail === 'pooled' ? { tail, tailRisk } : { tail }) } }
  }
  const number = Number(amount)
  const isAmount = amount.trim() !== '' && number >= 0 && number <= MOST[measure]
  if (!isAmount || (measure === 'units' && !Number.isInteger(number))) return null
  return { policy, policySettings: { [measure]: number } }
}

const choiceOf = ({ policy, tail, tailRisk, protocol }: Draft) => ({
  policy,
  policySettings: { protocol, tail, tailRisk },
})

/** Without what is not set: the contract takes no undefined. */
const settingsOf = (settings: ChannelStanding['policySettings']): NonNullable<ConnectionChange['policySettings']> =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
