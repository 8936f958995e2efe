
/*
 * One template of a folder: its files put into a pack, or a pack as it lies
 * there, and opened.
 */


#include "ngx_http_templrender.h"


#define NGX_HTTP_TEMPLRENDER_MAX_TEMPLATES   1000
#define NGX_HTTP_TEMPLRENDER_MAX_JSON        (16 * 1024 * 1024)


static ngx_int_t ngx_http_templrender_add_files(
    ngx_http_templrender_reading_t *reading, templrender_pack *pack,
    ngx_str_t *path);
static ngx_int_t ngx_http_templrender_add_file(
    ngx_http_templrender_reading_t *reading, templrender_pack *pack,
    ngx_str_t *folder, ngx_str_t *name, size_t limit);
static ngx_int_t ngx_http_templrender_add_template(
    ngx_http_templrender_reading_t *reading, templrender_pack *pack,
    ngx_str_t *path, ngx_uint_t folder, ngx_str_t *name);
static ngx_uint_t ngx_http_templrender_inside(u_char *real, ngx_str_t *path);
static void ngx_http_templrender_bundle_cleanup(void *data);


static ngx_str_t  ngx_http_templrender_json = ngx_string("template.json");
static ngx_str_t  ngx_http_templrender_fallback = ngx_string("fallback.json");
static ngx_str_t  ngx_http_templrender_fonts = ngx_string("fonts");


ngx_int_t
ngx_http_templrender_load_dir(ngx_http_templrender_reading_t *reading,
    ngx_str_t *path, ngx_str_t *name)
{
    ngx_int_t           rc;
    templrender_pack   *pack;
    templrender_error  *error;

    if (!ngx_http_templrender_inside(reading->real, path)) {
        ngx_log_error(NGX_LOG_EMERG, reading->cf->log, 0,
                      "templrender: %V: a template's folder must lie among "
                      "the templates, this one leads out of them", path);
        return NGX_ERROR;
    }

    error = NULL;

    if (templrender_pack_new(NULL, &pack, &error) != TEMPLRENDER_OK) {
        ngx_http_templrender_conf_error(reading->cf, path, 0, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    rc = ngx_http_templrender_add_files(reading, pack, path);

    if (rc == NGX_OK) {
        rc = ngx_http_templrender_add_template(reading, pack, path, 1, name);
    }

    templrender_pack_free(pack);

    return rc;
}


ngx_int_t
ngx_http_templrender_load_zip(ngx_http_templrender_reading_t *reading,
    ngx_str_t *path, ngx_str_t *name)
{
    ngx_int_t           rc;
    ngx_str_t           bytes;
    templrender_pack   *pack;
    templrender_error  *error;

    if (ngx_http_templrender_read_file(reading->cf, path,
                                       NGX_HTTP_TEMPLRENDER_MAX_FILE, &bytes)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    error = NULL;
    rc = templrender_pack_from_zip(ngx_http_templrender_slice(&bytes), NULL,
                                   &pack, &error);
    ngx_free(bytes.data);

    if (rc != TEMPLRENDER_OK) {
        ngx_http_templrender_conf_error(reading->cf, path, 0, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    rc = ngx_http_templrender_add_template(reading, pack, path, 1, name);

    templrender_pack_free(pack);

    return rc;
}


/* template.json, fallback.json, all fonts, and whatever these want */

static ngx_int_t
ngx_http_templrender_add_files(ngx_http_templrender_reading_t *reading,
    templrender_pack *pack, ngx_str_t *path)
{
    u_char              *p, *last, *end;
    ngx_int_t            rc;
    ngx_str_t            fonts, name, *file, text;
    ngx_uint_t           i;
    ngx_array_t          files;
    templrender_error   *error;
    templrender_buffer  *wanted;

    rc = ngx_http_templrender_add_file(reading, pack, path,
                                       &ngx_http_templrender_json,
                                       NGX_HTTP_TEMPLRENDER_MAX_JSON);
    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_templrender_add_file(reading, pack, path,
                                       &ngx_http_templrender_fallback,
                                       NGX_HTTP_TEMPLRENDER_MAX_JSON);
    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_http_templrender_join(reading->pool, path,
                                  &ngx_http_templrender_fonts, &fonts)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_templrender_is_dir(&fonts)) {

        if (ngx_array_init(&files, reading->pool, 8, sizeof(ngx_str_t))
            != NGX_OK
            || ngx_http_templrender_font_files(reading->cf, &fonts, &files)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        file = files.elts;

        for (i = 0; i < files.nelts; i++) {
            name.data = file[i].data + path->len + 1;
            name.len = file[i].len - path->len - 1;

            if (ngx_http_templrender_add_file(reading, pack, path, &name,
                                              NGX_HTTP_TEMPLRENDER_MAX_FILE)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    error = NULL;

    if (templrender_pack_wanted_at(pack, ngx_time(), &wanted, &error)
        != TEMPLRENDER_OK)
    {
        ngx_http_templrender_conf_error(reading->cf, path, 1, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    text = ngx_http_templrender_str(templrender_buffer_slice(wanted));
    last = text.data + text.len;

    for (p = text.data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '\n');
        if (end == NULL) {
            break;
        }

        name.data = p;
        name.len = end - p;

        rc = ngx_http_templrender_add_file(reading, pack, path, &name,
                                           NGX_HTTP_TEMPLRENDER_MAX_FILE);

        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_EMERG, reading->cf->log, NGX_ENOENT,
                          "templrender: %V/%V", path, &name);
        }

        if (rc != NGX_OK) {
            templrender_buffer_free(wanted);
            return NGX_ERROR;
        }
    }

    templrender_buffer_free(wanted);

    return NGX_OK;
}


/* NGX_DECLINED where there is no such file */

static ngx_int_t
ngx_http_templrender_add_file(ngx_http_templrender_reading_t *reading,
    templrender_pack *pack, ngx_str_t *folder, ngx_str_t *name, size_t limit)
{
    ngx_int_t           rc;
    ngx_str_t           path, bytes;
    templrender_error  *error;

    if (ngx_http_templrender_join(reading->pool, folder, name, &path)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_templrender_read_file(reading->cf, &path, limit, &bytes);
    if (rc != NGX_OK) {
        return rc;
    }

    if (!ngx_http_templrender_inside(reading->real, &path)) {
        ngx_log_error(NGX_LOG_EMERG, reading->cf->log, 0,
                      "templrender: %V: a template's files must lie among the "
                      "templates, this path leads out of them", &path);
        ngx_free(bytes.data);
        return NGX_ERROR;
    }

    error = NULL;
    rc = templrender_pack_add(pack, ngx_http_templrender_slice(name),
                              ngx_http_templrender_slice(&bytes), &error);
    ngx_free(bytes.data);

    if (rc != TEMPLRENDER_OK) {
        ngx_http_templrender_conf_error(reading->cf, folder, 1, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_templrender_add_template(ngx_http_templrender_reading_t *reading,
    templrender_pack *pack, ngx_str_t *path, ngx_uint_t folder,
    ngx_str_t *name)
{
    uint32_t                          hash;
    ngx_conf_t                       *cf;
    templrender_error                *error;
    ngx_pool_cleanup_t               *cln;
    ngx_http_templrender_template_t  *t;

    cf = reading->cf;
    hash = ngx_crc32_long(name->data, name->len);

    if (ngx_str_rbtree_lookup(&reading->folder->rbtree, name, hash)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: %V: a template must be a folder or a "
                      "pack, found both", path);
        return NGX_ERROR;
    }

    if (reading->folder->n == NGX_HTTP_TEMPLRENDER_MAX_TEMPLATES) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "templrender: %V: there are more templates than the "
                      "limit of %d", path, NGX_HTTP_TEMPLRENDER_MAX_TEMPLATES);
        return NGX_ERROR;
    }

    t = ngx_pcalloc(cf->pool, sizeof(ngx_http_templrender_template_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (t == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    error = NULL;

    if (templrender_bundle_open(pack, reading->mcf->fonts, ngx_time(),
                                &t->bundle.handle, &error)
        != TEMPLRENDER_OK)
    {
        ngx_http_templrender_conf_error(cf, path, folder, error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_templrender_bundle_cleanup;
    cln->data = t->bundle.handle;

    t->bundle.version = ngx_http_templrender_str(
                            templrender_bundle_version(t->bundle.handle));
    t->bundle.bytes = templrender_bundle_bytes(t->bundle.handle);

    t->node.str.len = name->len;
    t->node.str.data = ngx_pstrdup(cf->pool, name);
    if (t->node.str.data == NULL) {
        return NGX_ERROR;
    }

    t->node.node.key = hash;
    ngx_rbtree_insert(&reading->folder->rbtree, &t->node.node);
    reading->folder->n++;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, cf->log, 0,
                   "templrender template \"%V\" version %V, %uz bytes", name,
                   &t->bundle.version, t->bundle.bytes);

    return NGX_OK;
}


static void
ngx_http_templrender_bundle_cleanup(void *data)
{
    templrender_bundle_free(data);
}


static ngx_uint_t
ngx_http_templrender_inside(u_char *real, ngx_str_t *path)
{
    size_t  len;
    u_char  own[PATH_MAX];

    if (realpath((char *) path->data, (char *) own) == NULL) {
        return 0;
    }

    len = ngx_strlen(real);

    return ngx_strncmp(own, real, len) == 0
           && (own[len] == '/' || len == 1);
}
