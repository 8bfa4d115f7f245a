/** A line plot with a logarithmic x axis, as the text of an SVG file that is read on light and on dark pages. */

export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [720, 360];
const BOX = { left: 70, right: 20, top: 40, bottom: 50 };
const GREY = '#888';

/** 1, 2 or 5 times a power of ten: about five of them reach `top`. */
function niceStep(top: number): number {
  const power = 10 ** Math.floor(Math.log10(top / 5));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= top / 5) ?? 10);
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });

export function svg({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b);
  const [least, most] = [Math.log(xs[0] ?? 1), Math.log(xs.at(-1) ?? 10)];
  const step = niceStep(Math.max(...points.map(([, y]) => y)));
  const top = step * Math.ceil(Math.max(...points.map(([, y]) => y)) / step);
  const x = (value: number): string =>
    (BOX.left + ((Math.log(value) - least) / (most - least)) * (WIDTH - BOX.left - BOX.right)).toFixed(1);
  const y = (value: number): string =>
    (HEIGHT - BOX.bottom - (value / top) * (HEIGHT - BOX.top - BOX.bottom)).toFixed(1);

  const text = (
    at: readonly [string | number, string | number],
    anchor: string,
    content: string,
    fill = GREY,
  ): string => `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title>`,
    text([BOX.left, 20], 'start', title),
    ...ticks.flatMap((tick) => [
      `<path d="M${BOX.left} ${y(tick)}H${WIDTH - BOX.right}" stroke="${GREY}" stroke-opacity="0.3"/>`,
      text([BOX.left - 8, Number(y(tick)) + 4], 'end', number(tick)),
    ]),
    // The last one ends where the picture does.
    ...xs.map((tick) => text([x(tick), HEIGHT - BOX.bottom + 18], tick === xs.at(-1) ? 'end' : 'middle', number(tick))),
    text([WIDTH / 2, HEIGHT - 10], 'middle', xLabel),
    `<text transform="translate(16 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle" fill="${GREY}">${yLabel}</text>`,
    ...series.flatMap(({ name, colour, points: line }, i) => [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${line.map(([px, py]) => `${x(px)},${y(py)}`).join(' ')}"/>`,
      ...line.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3" fill="${colour}"/>`),
      text([WIDTH - BOX.right, 20 + 16 * i], 'end', name, colour),
    ]),
    '</svg>',
    '',
  ].join('\n');
}
