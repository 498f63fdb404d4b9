import { Alert, Button, CopyButton } from '@mantine/core'
import { IconAlertTriangle, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { RequestFailed } from './api.ts'

type Props = {
  error: Error
  onRetry?: (() => void) | undefined
  /** Stands alone on the page. */
  page?: boolean
}

/** What went wrong, why, what to do next, and the id to hand on. */
export function ProblemNotice({ error, onRetry, page = false }: Props) {
  const { t } = useTranslation()
  const told = error instanceof RequestFailed ? error.problem : null
  const kind = error instanceof RequestFailed ? (error.kind === 'offline' ? 'offline' : 'garbled') : 'crashed'
  const next = nextStep(error)
  return (
    <Alert
      className={page ? 'problem problem-page' : 'problem'}
      color="red"
      variant="outline"
      icon={<IconAlertTriangle aria-hidden />}
      title={told?.title ?? t(`problem.what.${kind}`)}
    >
      <p>{told?.detail ?? t(`problem.why.${kind}`)}</p>
      <p>{t(`problem.next.${next}`)}</p>
      {told !== null && <p className="mono dim">{told.requestId}</p>}
      <div className="problem-actions">
        {onRetry !== undefined && (
          <Button size="xs" onClick={onRetry}>
            {t('problem.retry')}
          </Button>
        )}
        {next === 'reload' && (
          <Button size="xs" onClick={() => window.location.reload()}>
            {t('problem.reload')}
          </Button>
        )}
        {told !== null && (
          <CopyButton value={told.requestId}>
            {({ copied, copy }) => (
              <Button size="xs" variant="default" leftSection={<IconCopy size={14} aria-hidden />} onClick={copy}>
                {copied ? t('problem.copied') : t('problem.copyId')}
              </Button>
            )}
          </CopyButton>
        )}
      </div>
    </Alert>
  )
}

function nextStep(error: Error): 'retry' | 'reload' | 'report' {
  if (!(error instanceof RequestFailed)) return 'reload'
  if (error.problem === null) return error.kind === 'offline' ? 'retry' : 'reload'
  // The page's own key is a cookie that comes with the page.
  if (error.problem.status === 401) return 'reload'
  return error.problem.retryable ? 'retry' : 'report'
}
