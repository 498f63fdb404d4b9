import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type BreakWhat, breakIn } from '../api.ts'
import { useNow } from '../clock.ts'
import { useFormat } from '../format.ts'
import { ProblemNotice } from '../problem-notice.tsx'

const WAYS: readonly BreakWhat[] = ['cut_coupang', 'timeout_after_commit', 'kill_worker']

export const BreakIt = memo(function BreakIt({ clockAhead }: { clockAhead: number }) {
  const { t } = useTranslation()
  return (
    <section className="panel break" aria-labelledby="break-title">
      <header className="panel-head">
        <h2 id="break-title">{t('break.title')}</h2>
      </header>
      <ul className="break-ways">
        {WAYS.map((what) => (
          <Way key={what} what={what} clockAhead={clockAhead} />
        ))}
      </ul>
    </section>
  )
})

function Way({ what, clockAhead }: { what: BreakWhat; clockAhead: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const [doneAt, setDoneAt] = useState<number | null>(null)
  const breaking = useMutation({ mutationFn: breakIn, onSuccess: () => setDoneAt(Date.now()) })
  const until = breaking.data?.until ?? null
  return (
    <li className="break-way">
      <Button size="xs" variant="default" loading={breaking.isPending} onClick={() => breaking.mutate(what)}>
        {until === null ? (
          t(`break.${what}.button`)
        ) : (
          <Countdown untilMs={Date.parse(until) - clockAhead} otherwise={t(`break.${what}.button`)} />
        )}
      </Button>
      <span className="small">
        <span className="dim">{t(`break.${what}.watch`)}</span>{' '}
        {doneAt !== null && until === null && !breaking.isPending && (
          <strong className="break-done numeric">{t('break.done', { time: format.time(doneAt) })}</strong>
        )}
        {breaking.isError && <ProblemNotice error={breaking.error} />}
      </span>
    </li>
  )
}

/** Counts in the button itself, so that nothing below it moves. */
function Countdown({ untilMs, otherwise }: { untilMs: number; otherwise: string }) {
  const { t } = useTranslation()
  const left = Math.round((untilMs - useNow()) / 1_000)
  return left > 0 ? <span className="break-left numeric">{t('break.left', { seconds: left })}</span> : otherwise
}
