// The map of areas: polygons on plain ground, coloured by one measure; no tiles, nothing from elsewhere.
import * as maplibre from "./vendor/maplibre-gl.mjs";

const box = document.getElementById("map");
const styles = getComputedStyle(document.documentElement);
const colour = (name) => styles.getPropertyValue(name).trim();
const steps = [0, 1, 2, 3, 4].map((index) => colour(`--step-${index}`));
const legends = [...document.querySelectorAll(".legend")];

const painted = (legend) => {
  const breaks = JSON.parse(legend.dataset.breaks);
  const value = ["coalesce", ["get", legend.dataset.measure], 0];
  return breaks.length ? ["step", value, steps[0], ...breaks.flatMap((edge, index) => [edge, steps[index + 1]])] : steps[0];
};

const bounds = (areas) => {
  const box = new maplibre.LngLatBounds();
  const extend = (ring) => (typeof ring[0] === "number" ? box.extend(ring) : ring.forEach(extend));
  for (const area of areas.features) extend(area.geometry.coordinates);
  return box;
};

const draw = async () => {
  const answer = await fetch(box.dataset.areas);
  if (!answer.ok) throw new Error(answer.statusText);
  const areas = await answer.json();
  const map = new maplibre.Map({
    container: box,
    bounds: bounds(areas),
    fitBoundsOptions: { padding: 16 },
    attributionControl: false,
    cooperativeGestures: false,
    dragRotate: false,
    scrollZoom: false,
    locale: { "NavigationControl.ZoomIn": box.dataset.zoomIn, "NavigationControl.ZoomOut": box.dataset.zoomOut },
    style: {
      version: 8,
      sources: { areas: { type: "geojson", data: areas, promoteId: "code" } },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": colour("--card") } },
        { id: "areas", type: "fill", source: "areas", paint: { "fill-color": painted(legends[0]) } },
        {
          id: "edges", type: "line", source: "areas",
          paint: { "line-color": colour("--card"), "line-width": ["case", ["boolean", ["feature-state", "here"], false], 3, 0.6] },
        },
      ],
    },
  });
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  map.touchZoomRotate.disableRotation();

  const told = new maplibre.Popup({ closeButton: false, closeOnClick: false, className: "told" });
  let here = null;
  const mark = (code) => {
    if (here !== null) map.setFeatureState({ source: "areas", id: here }, { here: false });
    here = code;
    if (code !== null) map.setFeatureState({ source: "areas", id: code }, { here: true });
  };
  const tell = (event) => {
    const area = event.features[0];
    mark(area.id);
    told.setLngLat(event.lngLat).setText(area.properties.told).addTo(map);
  };
  map.on("mousemove", "areas", tell);
  map.on("click", "areas", tell);
  map.on("mouseleave", "areas", () => { mark(null); told.remove(); });
  map.once("idle", () => { box.dataset.drawn = "yes"; });

  document.getElementById("map-measure").addEventListener("change", (event) => {
    for (const legend of legends) {
      legend.hidden = legend.dataset.measure !== event.target.value;
      if (!legend.hidden) map.setPaintProperty("areas", "fill-color", painted(legend));
    }
  });
};

draw().catch((error) => {
  box.classList.add("failed");
  box.textContent = box.dataset.failed;
  console.warn("The map could not be drawn:", error.message);
});
