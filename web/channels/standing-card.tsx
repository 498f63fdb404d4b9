import { Button } from '@mantine/core'
import { IconKey, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import { changeConnection } from '../api.ts'
import { ChannelDot, useConnectionName } from '../channel.tsx'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { USUAL_RISK } from './frontier-place.ts'
import type { Opened } from './screen.tsx'
import { Budgets, Facts, WaitingWrites } from './standing-parts.tsx'
import { Troubles } from './troubles.tsx'
import { useDecide } from './use-decide.tsx'

type Props = { channel: ChannelStanding; clockAhead: number; onOpen(opened: Opened): void }

/** One connection, whole: how it is, why, and what can be done about it. */
export const StandingCard = memo(function StandingCard({ channel, clockAhead, onOpen }: Props) {
  const { t } = useTranslation()
  const name = useConnectionName()(channel)
  return (
    <section className="panel standing" aria-label={name} data-channel={channel.id}>
      <header className="panel-head">
        <h2>
          <ChannelDot channel={channel.channel} /> {name}
        </h2>
        <span className={`tag tag-${channel.state}`}>{t(`channels.state.${channel.state}`)}</span>
        <span className={`tag tag-${channel.mode}`}>{t(`channels.mode.${channel.mode}`)}</span>
        <span className="spread" />
        {channel.lapsing > 0 && (
          <a className="chip-button" href="#lapsing">
            {t('standing.claims', { value: channel.lapsing })}
          </a>
        )}
      </header>
      <Chosen channel={channel} />
      <Troubles channel={channel} clockAhead={clockAhead} />
      <Facts channel={channel} />
      <Budgets budgets={channel.budgets} />
      <WaitingWrites waiting={channel.waiting} />
      {channel.apiSupported && <Actions channel={channel} onOpen={onOpen} />}
    </section>
  )
})

/** What the seller has chosen for it, in one line. */
function Chosen({ channel }: { channel: ChannelStanding }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { policy, policySettings, drift } = channel
  const { tail = 'strict', tailRisk = USUAL_RISK, protocol = 'A' } = policySettings
  const lastUnits =
    protocol === 'B' ? t('standing.protocolB') : t(`standing.tail.${tail}`, { risk: format.percent(tailRisk) })
  const parts = [
    t(`channels.policy.${policy}`),
    ...(policy === 'rights' ? [lastUnits] : []),
    t(`standing.drift.${drift}`),
  ]
  return <p className="small dim">{parts.join(' · ')}</p>
}

function Actions({ channel, onOpen }: { channel: ChannelStanding; onOpen(opened: Opened): void }) {
  const { t } = useTranslation()
  const { decide, isPending, error } = useDecide()
  const { id, name, mode } = channel
  const paused = channel.state === 'paused'
  const mustSignIn = channel.state === 'parked' || channel.signIn?.fault === 'signed_out'
  const pause = (to: boolean) => () => changeConnection(id, { paused: to })
  const toObserve = () =>
    decide({
      said: t('standing.toldObserve', { name }),
      // Not to be taken back from the bar: to push again, what would be sent is looked at again.
      act: () => changeConnection(id, { mode: 'observe' }),
    })
  return (
    <footer className="standing-actions">
      <Button
        size="xs"
        variant="default"
        loading={isPending}
        leftSection={paused ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
        onClick={() =>
          decide({
            said: t(paused ? 'standing.resumed' : 'standing.paused', { name }),
            act: pause(!paused),
            undo: pause(paused),
          })
        }
      >
        {t(paused ? 'standing.resume' : 'standing.pause')}
      </Button>
      <Button size="xs" variant="default" onClick={() => onOpen({ what: 'drift', id })}>
        {t('standing.driftReport')}
        {channel.drifted > 0 && <span className="count">{channel.drifted}</span>}
      </Button>
      <Button size="xs" variant="default" onClick={() => onOpen({ what: 'policy', id })}>
        {t('standing.policyAndTail')}
      </Button>
      {mode === 'observe' ? (
        <Button size="xs" onClick={() => onOpen({ what: 'push', id })}>
          {t('standing.toPush')}
        </Button>
      ) : (
        <Button size="xs" variant="default" disabled={isPending} onClick={toObserve}>
          {t('standing.toObserve')}
        </Button>
      )}
      <Button
        size="xs"
        variant={mustSignIn ? 'filled' : 'default'}
        leftSection={<IconKey size={14} aria-hidden />}
        onClick={() => onOpen({ what: 'signIn', id })}
      >
        {t(mustSignIn ? 'standing.signIn' : 'standing.credentials')}
      </Button>
      {error !== null && <ProblemNotice error={error} />}
    </footer>
  )
}
