import { IconAlertTriangle, IconCircleCheck, IconClockPause, IconHandStop } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChannelStanding } from '../../contract/channel-board.ts'
import type { FaultWhy } from '../../contract/faults.ts'
import { faultWords } from '../channel.tsx'
import { useNow } from '../clock.ts'
import { Said, useReason } from '../fault.tsx'
import { useFormat } from '../format.ts'
import { useAskWhy } from '../why/ask.ts'

type Props = { channel: ChannelStanding; clockAhead: number }

/** What holds a connection back, in plain words, with what to do about it. */
export function Troubles({ channel, clockAhead }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const { waiting, parkedUnits, budgets, signIn, leftEdited, state } = channel
  const blocked = budgets.filter(({ blockedUntil }) => blockedUntil !== null)
  const lines: ReactNode[] = [
    !channel.apiSupported && <Line key="gone">{t('trouble.gone')}</Line>,
    channel.apiSupported && state === 'paused' && (
      <Line key="paused" tone="warn">
        {t('trouble.paused')}
      </Line>
    ),
    <FaultLine key="fault" channel={channel} clockAhead={clockAhead} />,
    // The same refusal stands above already; what is new is how long nobody asks.
    signIn !== null && signIn.fault === channel.fault?.code && (
      <Line key="signIn" tone="warn">
        {t('trouble.signIn', { time: format.when(signIn.until) })}
      </Line>
    ),
    signIn !== null && signIn.fault !== channel.fault?.code && (
      <Line key="signIn" tone="bad" fault={{ code: signIn.fault, ...signIn }}>
        {t(`fault.${faultWords(signIn.fault)}.what`)} {t('trouble.signIn', { time: format.when(signIn.until) })}
      </Line>
    ),
    ...blocked.map(({ bucket, blockedUntil }) => (
      <Line key={`blocked ${bucket}`} tone="warn">
        {t('trouble.blocked', { bucket, time: format.when(blockedUntil!) })}
      </Line>
    )),
    ...parkedUnits.map((parked) => (
      <Line key={`parked ${parked.fault}`} tone="bad">
        <Parked {...parked} />
      </Line>
    )),
    leftEdited > 0 && (
      <Line key="edited" tone="warn">
        {t('trouble.leftEdited', { value: format.number(leftEdited) })}
      </Line>
    ),
    waiting.unknown > 0 && (
      <Line key="unknown" tone="warn">
        {t('trouble.unknown', { value: format.number(waiting.unknown) })}
      </Line>
    ),
  ]
  return <ul className="troubles">{lines}</ul>
}

/** The last error with why and what to do; once something worked after it, it is history and says so by its time alone. */
function FaultLine({ channel, clockAhead }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const { fault, lastSuccessAt, failures, state } = channel
  if (fault === null) {
    const calm = state === 'live' && channel.waiting.parked + channel.leftEdited === 0 && channel.signIn === null
    return calm ? <Line tone="ok">{t('trouble.none')}</Line> : null
  }
  const words = faultWords(fault.code)
  const over = failures === 0 && state !== 'parked' && lastSuccessAt !== null && lastSuccessAt > fault.at
  if (over) {
    return (
      <Line tone="ok">
        {t('trouble.none')} ·{' '}
        <span className="dim" title={fault.said}>
          {t('trouble.lately', { time: format.when(fault.at) })}: {t(`fault.${words}.what`)}
        </span>
      </Line>
    )
  }
  return (
    <Line tone="bad" fault={fault}>
      <strong>{t(`fault.${words}.what`)}</strong> {t(`fault.${words}.why`)} {t(`fault.${words}.todo`)}{' '}
      {state === 'parked' && t('trouble.parkedUntil')}
      {state === 'unreachable' && <NextTry channel={channel} clockAhead={clockAhead} />}
    </Line>
  )
}

/** Why some of its listings wait for a person; the marketplace's own words stand in what happened to each. */
function Parked({ fault, units, skus }: ChannelStanding['parkedUnits'][number]) {
  const { t } = useTranslation()
  const format = useFormat()
  const ask = useAskWhy()
  const words = faultWords(fault)
  return (
    <>
      <strong>{t('trouble.parkedUnits', { value: format.number(units) })}</strong> {t(`fault.${words}.what`)}{' '}
      {t(`fault.${words}.todo`)}
      <span className="parked-skus">
        {skus.map((sku) => (
          <button
            key={sku}
            type="button"
            className="chip-button mono"
            onClick={() => ask({ about: 'stock', sku, number: 'available' })}
          >
            {sku} <span className="plain">{t('why')}</span>
          </button>
        ))}
        {units > skus.length && <span className="dim">{t('trouble.parkedMore', { value: units - skus.length })}</span>}
      </span>
    </>
  )
}

function NextTry({ channel, clockAhead }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const seconds = Math.ceil((Date.parse(channel.nextCollectionAt) - clockAhead - useNow()) / 1_000)
  const value = format.number(channel.failures)
  return (
    <span className="numeric">
      {seconds > 0 ? t('trouble.retrying', { value, seconds }) : t('trouble.retryingNow', { value })}
    </span>
  )
}

const SIGN = { ok: IconCircleCheck, warn: IconClockPause, bad: IconAlertTriangle, none: IconHandStop } as const

function Line({
  tone = 'none',
  fault,
  children,
}: {
  tone?: keyof typeof SIGN
  fault?: { code: string; why: FaultWhy | null; said: string }
  children: ReactNode
}) {
  const reasonOf = useReason()
  const Sign = SIGN[tone]
  return (
    <li className={`trouble trouble-${tone}`}>
      <Sign size={16} aria-hidden />
      <span>
        {children}
        {fault !== undefined && fault.why !== null && <span className="reason">{reasonOf(fault.why)}</span>}
        {fault !== undefined && <Said code={fault.code} said={fault.said} />}
      </span>
    </li>
  )
}
