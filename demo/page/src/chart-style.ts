// What charts look like: colours from the style sheet, plain axes.
import type uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** The colours of a chart, as a canvas takes them. */
export interface Colours {
  go: string;
  goSoft: string;
  stop: string;
  line: string;
  zero: string;
  text: string;
}

/** The colours that hold for an element now. */
export function coloursAt(place: HTMLElement): Colours {
  const read = (name: string) => {
    place.style.color = `var(${name})`; // A canvas needs the colour that the variable stands for.
    return getComputedStyle(place).color;
  };
  return {
    go: read("--go"),
    goSoft: read("--go-soft"),
    stop: read("--stop"),
    line: read("--line"),
    zero: read("--line-strong"),
    text: read("--ink-soft"),
  };
}

/** An axis with labels and nothing else. */
export function plainAxis(colour: () => string): uPlot.Axis {
  const family = getComputedStyle(document.body).fontFamily;
  return { stroke: colour, font: `12px ${family}`, gap: 6 };
}
