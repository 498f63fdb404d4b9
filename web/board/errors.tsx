import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import type { BoardConnection, BoardError } from '../../contract/board.ts'
import { ChannelDot, faultWords, useConnectionName } from '../channel.tsx'
import { Said, useReason } from '../fault.tsx'
import { useFormat } from '../format.ts'

type Props = { errors: readonly BoardError[]; connections: readonly BoardConnection[] }

export const Errors = memo(function Errors({ errors, connections }: Props) {
  const { t } = useTranslation()
  return (
    <div className="panel side-panel errors">
      <header className="panel-head">
        <h2 id="errors-title">{t('errors.title')}</h2>
      </header>
      {errors.length === 0 ? (
        <div className="empty">
          <strong>{t('errors.empty')}</strong>
          <span>{t('errors.emptyNext')}</span>
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must take the focus to be scrolled by keyboard.
        <section className="scroll-list" tabIndex={0} aria-labelledby="errors-title">
          <ol>
            {errors.map((error) => (
              <ErrorLine
                key={`${error.at} ${error.connectionId} ${error.code} ${error.subject}`}
                error={error}
                connection={connections.find(({ id }) => id === error.connectionId)}
              />
            ))}
          </ol>
        </section>
      )}
    </div>
  )
})

const ErrorLine = memo(function ErrorLine({
  error,
  connection,
}: {
  error: BoardError
  connection: BoardConnection | undefined
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const reasonOf = useReason()
  const connectionName = useConnectionName()
  const words = faultWords(error.code)
  return (
    <li className="error-line">
      <span className="order-top">
        <ChannelDot channel={connection?.channel ?? ''} />
        <span>{connection ? connectionName(connection) : error.connectionId.slice(0, 8)}</span>
        {error.subject !== connection?.name && <span className="mono dim order-number">{error.subject}</span>}
        <span className="spread" />
        <time className="numeric dim" dateTime={error.at} title={format.exact(error.at)}>
          {format.when(error.at)}
        </time>
      </span>
      <span>
        {t(`fault.${words}.what`)} <span className="dim">{t(`fault.${words}.todo`)}</span>
      </span>
      {error.why !== null && <span className="reason">{reasonOf(error.why)}</span>}
      <Said code={error.code} said={error.said} />
    </li>
  )
})
