import uPlot from 'uplot';

/** One canvas in a box, always as wide as it. */
export interface PlacedPlot {
  readonly plot: uPlot;
  remove(): void;
}

/** Draws a chart into a box; `options` are given the box's width in pixels. */
export function placePlot(
  box: HTMLElement,
  options: (width: number) => uPlot.Options,
  data: uPlot.AlignedData,
): PlacedPlot {
  const plot = new uPlot(options(Math.max(1, box.clientWidth)), data, box);
  const { height } = plot;
  const resized = new ResizeObserver(() => {
    const width = box.clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  });
  resized.observe(box);
  return {
    plot,
    remove() {
      resized.disconnect();
      plot.destroy();
    },
  };
}
