import { createInstance } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'
import { ko, type Texts } from './ko.ts'

export const LANGUAGES = ['ko', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: Texts }
    returnNull: false
  }
}

const KEPT = 'jaego.language'

export const i18n = createInstance()

/** Starts in the language of `?lang=`, else the one chosen before, else Korean. */
export async function startTexts(): Promise<void> {
  const language = chosenLanguage(window.location.search, readKept())
  i18n.on('languageChanged', tellDocument)
  await i18n.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'ko',
    resources: { ko: { translation: ko }, en: { translation: en } },
    // React escapes; escaping twice would show &amp; in product names.
    interpolation: { escapeValue: false },
  })
  tellDocument(language)
}

export function chosenLanguage(search: string, kept: string | null): Language {
  const wanted = new URLSearchParams(search).get('lang') ?? kept
  return LANGUAGES.find((language) => language === wanted) ?? 'ko'
}

export function switchLanguage(language: Language): void {
  try {
    window.localStorage.setItem(KEPT, language)
  } catch {
    // A browser that keeps nothing (private window, full disk) still switches for this visit.
  }
  const url = new URL(window.location.href)
  url.searchParams.set('lang', language)
  window.history.replaceState(null, '', url)
  void i18n.changeLanguage(language)
}

function readKept(): string | null {
  try {
    return window.localStorage.getItem(KEPT)
  } catch {
    return null
  }
}

function tellDocument(language: string): void {
  document.documentElement.lang = language
  document.title = i18n.t('app.title')
}
