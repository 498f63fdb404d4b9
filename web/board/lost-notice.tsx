import { Button } from '@mantine/core'
import { IconPlugConnectedX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../clock.ts'
import type { Line } from '../feed/follow.ts'
import { useFormat } from '../format.ts'

type Props = { line: Extract<Line, { phase: 'lost' }>; onRetry: () => void }

export function LostNotice({ line, onRetry }: Props) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const seconds = Math.max(0, Math.ceil((line.retryAt - now) / 1_000))
  return (
    <aside className="lost-notice" aria-label={t('live.lost')}>
      <IconPlugConnectedX size={18} aria-hidden />
      <strong role="alert">{t('live.lostTitle')}</strong>
      <span>{t('live.lostWhy', { time: format.time(line.since) })}</span>
      <span className="numeric">{t('live.retryIn', { seconds })}</span>
      <Button size="compact-xs" variant="default" onClick={onRetry}>
        {t('live.retryNow')}
      </Button>
    </aside>
  )
}
