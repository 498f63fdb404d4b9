import { useTranslation } from 'react-i18next'
import type { BoardConnection, Explanation } from '../../contract/board.ts'
import { ChannelDot, faultWords, useConnectionName } from '../channel.tsx'
import { Said, useReason } from '../fault.tsx'
import { useFormat } from '../format.ts'

type Listing = Explanation['listings'][number]

const NUMBERS = ['desired', 'sent', 'accepted', 'observed', 'rights'] as const
const POLICIES = ['rights', 'fixed', 'pool', 'buffered'] as const

type Props = {
  listings: readonly Listing[]
  /** The connection whose number was asked about: it comes first. */
  first: BoardConnection | undefined
}

export function ListingsPart({ listings, first }: Props) {
  const { t } = useTranslation()
  const asked = (listing: Listing) =>
    first !== undefined && (listing.connection === first.name || listing.connection === first.id)
  const ordered = [...listings.filter(asked), ...listings.filter((listing) => !asked(listing))]
  return (
    <section className="why-part">
      <h3>{t('explain.listings')}</h3>
      {ordered.length === 0 && <p className="small dim">{t('explain.noListings')}</p>}
      {ordered.map((listing, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one item may be listed twice on one connection, with nothing to tell them apart.
        <ListingBlock key={`${listing.connection} ${i}`} listing={listing} />
      ))}
    </section>
  )
}

function ListingBlock({ listing }: { listing: Listing }) {
  const { t, i18n } = useTranslation()
  const format = useFormat()
  const policy = POLICIES.find((known) => known === listing.policy)
  const name = useConnectionName()({ channel: listing.channel, name: listing.connection })
  return (
    <div className="why-block">
      <h4>
        <ChannelDot channel={listing.channel} /> {name}
        <span className="spread" />
        <span className="dim small">
          {policy === undefined ? listing.policy : t(`channels.policy.${policy}`)}
          {listing.multiplier > 1 && ` · ${t('explain.multiplier', { value: listing.multiplier })}`}
          {listing.buffer > 0 && ` · ${t('explain.buffer', { value: listing.buffer })}`}
        </span>
      </h4>
      <p className="answer">{i18n.language === 'en' ? listing.why.en : listing.why.ko}</p>
      <dl className="four">
        {NUMBERS.map((number) => (
          <div key={number}>
            <dt>{t(`explain.numbers.${number}`)}</dt>
            <dd className="numeric">
              {listing[number] === null ? (
                // Only what a marketplace shows can be unknown; the others are not there.
                <span className="dim">{number === 'observed' ? t('stock.unknown') : '–'}</span>
              ) : (
                format.number(listing[number])
              )}
            </dd>
          </div>
        ))}
      </dl>
      {listing.journal.length === 0 ? (
        <p className="small dim">{t('explain.noJournal')}</p>
      ) : (
        <table className="why-table" aria-label={`${name} ${t('explain.journal')}`}>
          <thead>
            <tr>
              <th scope="col">{t('explain.table.when')}</th>
              <th scope="col">{t('explain.table.what')}</th>
              <th scope="col" className="right">
                {t('explain.table.value')}
              </th>
              <th scope="col">{t('explain.table.detail')}</th>
            </tr>
          </thead>
          <tbody>
            {listing.journal.map((entry, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: several may happen in one millisecond, and rows hold no state.
              <tr key={i}>
                <td className="numeric nowrap">
                  <time dateTime={entry.at} title={format.exact(entry.at)}>
                    {format.time(entry.at)}
                  </time>
                </td>
                <td className="nowrap">{t(`explain.event.${entry.kind}`)}</td>
                <td className="numeric right">{entry.value === null ? '–' : format.number(entry.value)}</td>
                <td className="dim">
                  <Detail entry={entry} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

/** What else happened, in words: why it failed, what a read should have shown, or how far off it was. */
function Detail({ entry }: { entry: Listing['journal'][number] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const reasonOf = useReason()
  const { failure, expected, units, detail } = entry
  if (failure !== null) {
    return (
      <>
        {t(`fault.${faultWords(failure.code)}.what`)} {reasonOf(failure.why)}{' '}
        <Said code={failure.code} said={failure.said} />
      </>
    )
  }
  if (expected !== null) return t('explain.expected', { value: format.number(expected) })
  if (units !== null) return t(units < 0 ? 'explain.fewer' : 'explain.more', { value: format.number(Math.abs(units)) })
  return detail
}
