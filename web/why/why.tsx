import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Board } from '../../contract/board.ts'
import { useConnectionName } from '../channel.tsx'
import { Side } from '../side.tsx'
import type { Question } from './ask.ts'
import { ConnectionWhy } from './connection-why.tsx'
import { StockWhy } from './stock-why.tsx'
import { TotalWhy } from './total-why.tsx'

type Props = {
  question: Question | null
  board: Board | undefined
  clockAhead: number
  onAsk(question: Question): void
  onClose(): void
}

/** The side panel that answers "왜?" for any number. The board behind it stays live. */
export function Why({ question, board, clockAhead, onClose }: Props) {
  const { t } = useTranslation()
  const [last, setLast] = useState<Question | null>(question)
  // The panel slides out with what it said, not empty.
  useEffect(() => {
    if (question !== null) setLast(question)
  }, [question])
  const asked = question ?? last
  const title = useTitle(asked, board)
  return (
    <Side
      title={title === null ? '' : t('explain.title', { what: title })}
      opened={question !== null}
      onClose={onClose}
    >
      {asked !== null && board !== undefined && <Answer question={asked} board={board} clockAhead={clockAhead} />}
    </Side>
  )
}

function Answer({ question, board, clockAhead }: { question: Question; board: Board; clockAhead: number }) {
  switch (question.about) {
    case 'stock':
    case 'listing':
      return <StockWhy key={question.sku} question={question} board={board} clockAhead={clockAhead} />
    case 'total':
      return <TotalWhy total={question.total} board={board} />
    case 'connection':
      return (
        <ConnectionWhy
          number={question.number}
          connection={board.connections.find(({ id }) => id === question.connectionId)}
        />
      )
  }
}

function useTitle(question: Question | null, board: Board | undefined): string | null {
  const { t } = useTranslation()
  const nameOf = useConnectionName()
  if (question === null) return null
  const connection = (id: string) => {
    const found = board?.connections.find((known) => known.id === id)
    return found ? nameOf(found) : ''
  }
  switch (question.about) {
    case 'stock':
      if (question.number === 'item') return question.sku
      return `${question.sku} ${t(`stock.${question.number === 'short' ? 'shortage' : question.number}`)}`
    case 'listing':
      return `${question.sku} ${connection(question.connectionId)}`
    case 'total':
      return t(`counters.${question.total}`)
    case 'connection':
      return `${connection(question.connectionId)} ${t(`channels.${question.number}`)}`
  }
}
