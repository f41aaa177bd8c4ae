{{- define "service.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}
{{- define "service.pod" -}}
{{- $root := .root }}{{- $s := .s }}{{- $name := .name }}
metadata:
  labels:
    {{- include "service.labels" . | nindent 4 }}
    app.kubernetes.io/version: {{ $s.tag | default "1.0.0" | quote }}
    team: {{ $root.Release.Name }}
    {{- with $s.podLabels }}{{ toYaml . | nindent 4 }}{{- end }}
  {{- with $s.podAnnotations }}
  annotations: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ $name }}
  automountServiceAccountToken: {{ $s.apiAccess | default false }}
  {{- with $s.initContainers }}
  initContainers: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- if $s.job }}
  restartPolicy: Never
  {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ $s.image | default (printf "%s/%s:%s" $root.Values.registry $name ($s.tag | default "1.0.0")) }}
      {{- with $s.command }}
      command: {{ toYaml . | nindent 8 }}
      {{- end }}
      {{- with $s.args }}
      args: {{ toYaml . | nindent 8 }}
      {{- end }}
      {{- with $s.ports }}
      ports:
        {{- range $p, $n := . }}
        - name: {{ $p }}
          containerPort: {{ $n }}
        {{- end }}
      {{- end }}
      env:
        {{- if $root.Values.tracing }}
        - name: NODE_IP
          valueFrom: {fieldRef: {fieldPath: status.hostIP}}
        {{- end }}
        {{- range $k, $v := merge (dict) ($s.env | default dict) $root.Values.commonEnv }}
        - name: {{ $k }}
          value: {{ $v | quote }}
        {{- end }}
      {{- if or $s.secret $s.envFile }}
      envFrom:
        {{- if $s.secret }}
        - secretRef: {name: {{ $name }}}
        {{- end }}
        {{- if $s.envFile }}
        - configMapRef: {name: {{ $name }}-env}
        {{- end }}
      {{- end }}
      {{- if $s.health }}
      readinessProbe:
        httpGet: {path: {{ $s.health }}, port: {{ $s.healthPort | default "http" }}}
      {{- end }}
      {{- if $s.files }}
      volumeMounts:
        - {name: files, mountPath: {{ $s.filesAt | default "/config" }}}
      {{- end }}
    {{- with $s.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if $s.files }}
  volumes:
    - name: files
      configMap: {name: {{ $name }}-files}
  {{- end }}
{{- end }}
