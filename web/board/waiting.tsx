import { Skeleton } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** The outline of the board, so that nothing jumps when it comes. */
export function Waiting() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('app.loading')} className="waiting">
      <Skeleton height={88} />
      <Skeleton height={180} />
      <Skeleton height={440} />
    </div>
  )
}
