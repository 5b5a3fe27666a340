// Draws every [data-chart] from the JSON beside it. The table under it stays for screen readers and can be opened by anyone.
"use strict";

import { BarChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendPlainComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, PieChart, GridComponent, LegendPlainComponent, TooltipComponent, CanvasRenderer]); // what option() below asks for

window.drawCharts = (root) => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const TONES = { green: "#2f8f5b", yellow: "#d99a2b", red: "#c4443c", grey: "#9aa5b1" };
  const ROW = ["#1b4b8f", "#5b8bc9", "#7a8794", "#2f8f8a", "#a88a4a", "#8a6aa8", "#b56a5a", "#4f6f52"];

  for (const place of root.querySelectorAll("[data-chart]")) {
    if (place.dataset.drawn) continue;
    place.dataset.drawn = "1";
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    place.hidden = false;
    const table = place.parentElement.querySelector("[data-chart-table]");
    if (table) table.open = false;
    const chart = init(place, null, { renderer: "canvas" });
    chart.setOption(option(data));
    new ResizeObserver(() => chart.resize()).observe(place);
  }

  function option(data) {
    const base = {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      animationDuration: 300,
      color: ROW,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("--ink") },
      tooltip: { trigger: data.kind === "pie" ? "item" : "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
      legend: { show: data.kind === "pie" || data.series.length > 1, bottom: 0, itemWidth: 12, itemHeight: 12, icon: "roundRect" },
    };
    if (data.kind === "pie") {
      const first = data.series[0];
      base.series = [{ type: "pie", radius: ["45%", "70%"], center: ["50%", "44%"], label: { formatter: "{b} {c}" },
        data: data.categories.map((name, index) => ({ name, value: first.values[index] })) }];
      return base;
    }
    const names = { type: "category", data: data.categories, axisTick: { show: false }, axisLabel: { color: colour("--ink-2"), hideOverlap: true }, axisLine: { lineStyle: { color: colour("--line-2") } } };
    const values = { type: "value", minInterval: 1, axisLabel: { color: colour("--ink-2") }, splitLine: { lineStyle: { color: colour("--line") } } };
    base.grid = { left: 8, right: 16, top: 16, bottom: data.series.length > 1 ? 36 : 8, containLabel: true };
    base.xAxis = data.horizontal ? values : names;
    base.yAxis = data.horizontal ? { ...names, inverse: true } : values;
    base.series = data.series.map((series) => ({
      name: series.name, data: series.values, type: data.kind === "line" ? "line" : "bar", barMaxWidth: 28,
      stack: data.kind === "stacked" ? "all" : undefined, symbolSize: 6,
      itemStyle: series.tone && TONES[series.tone] ? { color: TONES[series.tone] } : undefined,
    }));
    return base;
  }
};
