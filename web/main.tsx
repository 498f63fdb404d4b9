import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { I18nextProvider } from 'react-i18next'
import { Board } from './board/board.tsx'
import { CrashNotice } from './crash-notice.tsx'
import './styles.ts'
import { i18n, startTexts } from './texts/i18n.ts'
import { theme } from './theme.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')

await startTexts()

createRoot(root).render(
  <StrictMode>
    <I18nextProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: 'jaego.colours' })}
      >
        <CrashNotice>
          <QueryClientProvider client={new QueryClient()}>
            <Board />
          </QueryClientProvider>
        </CrashNotice>
      </MantineProvider>
    </I18nextProvider>
  </StrictMode>,
)
