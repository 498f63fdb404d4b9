import { lazy, Suspense, useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Board as BoardData } from '../../contract/board.ts'
import { usePassed } from '../clock.ts'
import { useBoard } from '../feed/use-board.ts'
import { ProblemNotice } from '../problem-notice.tsx'
import { useScreen } from '../screens.ts'
import { Stock } from '../stock/stock.tsx'
import { AskWhy, type Question } from '../why/ask.ts'
import { Why } from '../why/why.tsx'
import { BreakIt } from './break-it.tsx'
import { BuyAtOnce } from './buy-at-once.tsx'
import { Channels } from './channels.tsx'
import { Counters, CountsAloud } from './counters.tsx'
import { Errors } from './errors.tsx'
import { Header } from './header.tsx'
import { LostNotice } from './lost-notice.tsx'
import { Orders } from './orders.tsx'
import { Waiting } from './waiting.tsx'

const SKELETON_AFTER_MS = 200

const ChannelsScreen = lazy(async () => ({ default: (await import('../channels/screen.tsx')).ChannelsScreen }))

/** The live board: the whole page. */
export function Board() {
  const { t } = useTranslation()
  const live = useBoard()
  const slow = usePassed(SKELETON_AFTER_MS)
  const [question, setQuestion] = useState<Question | null>(null)
  const ask = useCallback((asked: Question) => setQuestion(asked), [])
  const [screen, go] = useScreen()
  const { board } = live
  return (
    <AskWhy value={ask}>
      <a className="skip-link" href={screen === 'board' ? '#stock' : '#channels'}>
        {t(screen === 'board' ? 'app.skipToStock' : 'screen.skip')}
      </a>
      <div className={screen === 'board' ? 'page' : 'page page-flow'}>
        <Header
          company={board?.company.name ?? null}
          demo={board?.demo ?? false}
          line={live.line}
          screen={screen}
          alarms={board?.totals.alarms ?? 0}
          onGo={go}
        />
        {board?.demo === true && (
          <aside className="demo-banner" aria-label={t('app.demo')}>
            {t('app.demoBanner')}
          </aside>
        )}
        {live.line.phase === 'lost' && <LostNotice line={live.line} onRetry={live.retryNow} />}
        <main className="main">
          {live.error !== null && <ProblemNotice error={live.error} onRetry={live.reread} page={board === undefined} />}
          {board === undefined ? (
            live.error === null && slow && <Waiting />
          ) : screen === 'board' ? (
            <Panels board={board} clockAhead={live.clockAhead} />
          ) : (
            <Suspense fallback={slow && <Waiting />}>
              <ChannelsScreen board={board} clockAhead={live.clockAhead} />
            </Suspense>
          )}
        </main>
      </div>
      <Why
        question={question}
        board={board}
        clockAhead={live.clockAhead}
        onAsk={ask}
        onClose={() => setQuestion(null)}
      />
    </AskWhy>
  )
}

function Panels({ board, clockAhead }: { board: BoardData; clockAhead: number }) {
  return (
    <>
      <CountsAloud totals={board.totals} />
      <Counters totals={board.totals} />
      <div className={board.demo ? 'cards cards-demo' : 'cards'}>
        <Channels connections={board.connections} clockAhead={clockAhead} />
        {board.demo && <BuyAtOnce connections={board.connections} />}
        {board.demo && <BreakIt clockAhead={clockAhead} />}
      </div>
      <div className="work">
        <Stock variants={board.variants} connections={board.connections} />
        <div className="side">
          <Orders orders={board.orders} />
          <Errors errors={board.errors} connections={board.connections} />
        </div>
      </div>
    </>
  )
}
