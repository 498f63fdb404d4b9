import { useTranslation } from 'react-i18next'
import { en } from './texts/en.ts'
import { ko, type Texts } from './texts/ko.ts'

const KNOWN = ['naver', 'coupang', 'cafe24', 'esm', 'eleventh', 'own', 'api'] as const

/** One colour a channel, everywhere on the page; a channel without one of its own is grey. Never the only sign. */
export function ChannelDot({ channel }: { channel: string }) {
  const known = KNOWN.find((name) => name === channel)
  return <span className={`channel-dot channel-${known ?? 'other'}`} aria-hidden />
}

export function useChannelName(): (channel: string) => string {
  const { t } = useTranslation()
  return (channel) => {
    const known = KNOWN.find((name) => name === channel)
    return known === undefined ? channel : t(`channels.name.${known}`)
  }
}

/**
 * A connection is called what its seller called it. Where that is no more than its marketplace's name, in any of our
 * languages or as its id (`connection add` without a name), it is said in the page's.
 */
export function useConnectionName(): (connection: { channel: string; name: string }) => string {
  const channelName = useChannelName()
  return ({ channel, name }) => (isMarketplaces(channel, name) ? channelName(channel) : name)
}

export function isMarketplaces(channel: string, name: string): boolean {
  const known = KNOWN.find((one) => one === channel)
  if (known === undefined) return false
  return name === known || [ko, en].some((texts) => texts.channels.name[known] === name)
}

const FAULTS = [
  'unreachable',
  'unknown',
  'garbled',
  'rate_limited',
  'quota_exhausted',
  'signed_out',
  'blocked',
  'refused',
  'not_found',
  'edited',
  'off_sale',
  'parcel_refused',
  'parcel_unanswered',
  'parcel_stays',
] as const

/** The plain words for a fault code; `other` for a code this page does not know. */
export function faultWords(code: string): keyof Texts['fault'] {
  return FAULTS.find((known) => known === code) ?? 'other'
}
