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
  const [doneAt, setDoneAt] = useState<number | null>(null)
  const breaking = useMutation({ mutationFn: breakIn, onSuccess: () => setDoneAt(Date.now()) })
  const until = breaking.data?.until ?? null
  const untilMs = until === null ? 0 : Date.parse(until) - clockAhead
  return (
    <li className="break-way">
      <Button size="xs" variant="default" loading={breaking.isPending} onClick={() => breaking.mutate(what)}>
        {t(`break.${what}.button`)}
      </Button>
      <span className="small">
        <span className="dim">{t(`break.${what}.watch`)}</span>
        {doneAt !== null && !breaking.isPending && <Since doneAt={doneAt} untilMs={untilMs} />}
        {breaking.isError && <ProblemNotice error={breaking.error} />}
      </span>
    </li>
  )
}

function Since({ doneAt, untilMs }: { doneAt: number; untilMs: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const left = Math.round((untilMs - now) / 1_000)
  return (
    <strong className="break-since numeric">
      {left > 0 ? t('break.left', { seconds: left }) : t('break.done', { time: format.time(doneAt) })}
    </strong>
  )
}
