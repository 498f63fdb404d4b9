import { ActionIcon, SegmentedControl, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconMoon, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../clock.ts'
import type { Line } from '../feed/follow.ts'
import { addressOf, SCREENS, type Screen } from '../screens.ts'
import { LANGUAGES, switchLanguage } from '../texts/i18n.ts'

/** The server's heartbeat comes every few seconds; up to here the line counts as live. */
const LIVE_WITHIN_MS = 8_000

const LANGUAGE_NAMES = { ko: '한국어', en: 'English' } as const

type Props = {
  company: string | null
  demo: boolean
  line: Line
  screen: Screen
  /** Alarms nobody has seen. */
  alarms: number
  onGo(screen: Screen): void
}

export function Header({ company, demo, line, screen, alarms, onGo }: Props) {
  const { t } = useTranslation()
  return (
    <header className="header">
      <h1 className="brand">
        <img src="/favicon.svg" alt="" width={24} height={24} />
        <span lang="ko">재고</span> <span className="brand-latin">jaego</span>
      </h1>
      {company !== null && <span className="company">{company}</span>}
      {demo && <span className="tag tag-demo">{t('app.demo')}</span>}
      <LiveBadge line={line} />
      <Nav screen={screen} alarms={alarms} onGo={onGo} />
      <span className="spread" />
      <LanguageSwitch />
      <SchemeSwitch />
    </header>
  )
}

function Nav({ screen, alarms, onGo }: Pick<Props, 'screen' | 'alarms' | 'onGo'>) {
  const { t } = useTranslation()
  return (
    <nav className="nav" aria-label={t('nav.title')}>
      {SCREENS.map((known) => (
        <a
          key={known}
          href={addressOf(known)}
          aria-current={known === screen ? 'page' : undefined}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return
            event.preventDefault()
            onGo(known)
          }}
        >
          {t(`nav.${known}`)}
          {known === 'channels' && alarms > 0 && (
            <span className="count">
              <span aria-hidden>{alarms}</span>
              <span className="visually-hidden">{t('nav.alarms', { value: alarms })}</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  )
}

function LiveBadge({ line }: { line: Line }) {
  const { t } = useTranslation()
  const now = useNow()
  const quietMs = line.phase === 'open' ? Math.max(0, now - line.heardAt) : 0
  const state = line.phase === 'open' ? (quietMs <= LIVE_WITHIN_MS ? 'live' : 'ago') : line.phase
  return (
    <span className={`live-badge live-${state}`} data-testid="live">
      <span className="live-dot" aria-hidden />
      {state === 'ago' ? t('live.ago', { seconds: Math.floor(quietMs / 1_000) }) : t(`live.${state}`)}
    </span>
  )
}

function LanguageSwitch() {
  const { t, i18n } = useTranslation()
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('app.language')}
      value={i18n.language}
      onChange={(chosen) => {
        const language = LANGUAGES.find((known) => known === chosen)
        if (language !== undefined) switchLanguage(language)
      }}
      data={LANGUAGES.map((language) => ({
        value: language,
        label: <span lang={language}>{LANGUAGE_NAMES[language]}</span>,
      }))}
    />
  )
}

function SchemeSwitch() {
  const { t } = useTranslation()
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  const label = dark ? t('app.toLight') : t('app.toDark')
  return (
    <ActionIcon
      variant="default"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  )
}
